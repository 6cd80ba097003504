import type { NewsReader } from '../ports/news-reader.js';

/**
 * Tells readers that there may be something new, without losing a notice that comes between their read and their
 * wait: a reader calls `reading` before it reads, and `wait` returns at once when anything was announced since. Where
 * several share one, each names itself: what one has read, another has not.
 */
export class WakeUp {
  readonly #fallbackPollMs: number | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #readAt = new WeakMap<object, number>();
  #announced = 0;

  /** @param fallbackPollMs wakes a waiter after so long in real time, for notices that may get lost; undefined: never */
  constructor(fallbackPollMs?: number) {
    this.#fallbackPollMs = fallbackPollMs;
  }

  /** Something may be new. */
  announce(): void {
    this.#announced += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** To be called right before reading. */
  reading(reader: object = this): void {
    this.#readAt.set(reader, this.#announced);
  }

  /** Resolves when something was announced after the reader's latest read, or at abort. Never rejects. */
  wait(signal: AbortSignal, reader: object = this): Promise<void> {
    return waitForAny([this], signal, reader);
  }

  /** Whether something was announced that this reader has not read. */
  hasNews(reader: object = this): boolean {
    return (this.#readAt.get(reader) ?? this.#announced) < this.#announced;
  }

  /** A reader that comes and goes: it reads and waits for itself. */
  newReader(): NewsReader {
    const reader: NewsReader = {
      looking: () => {
        this.reading(reader);
      },
      changed: (signal) => this.wait(signal, reader),
    };
    return reader;
  }

  /** Calls `wake` at each notice, until what it returns is called. */
  listen(wake: () => void): () => void {
    const timer = this.#fallbackPollMs === undefined ? undefined : setTimeout(wake, this.#fallbackPollMs);
    this.#waiting.add(wake);
    return () => {
      clearTimeout(timer);
      this.#waiting.delete(wake);
    };
  }
}

/** Resolves when the first of them would; with none of them, at abort. The others are let go. Never rejects. */
export function waitForAny(wakeUps: readonly WakeUp[], signal: AbortSignal, reader?: object): Promise<void> {
  if (signal.aborted || wakeUps.some((wakeUp) => wakeUp.hasNews(reader))) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      for (const silence of listening) silence();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const listening = wakeUps.map((wakeUp) => wakeUp.listen(wake));
    signal.addEventListener('abort', wake);
  });
}
