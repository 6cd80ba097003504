/**
 * Tells readers that there may be something new, without losing a notice that comes between their read and their
 * wait: a reader calls `reading` before it reads, and `wait` returns at once when anything was announced since.
 */
export class WakeUp {
  readonly #fallbackPollMs: number | undefined;
  readonly #waiting = new Set<() => void>();
  #readAt: number | undefined;
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
  reading(): void {
    this.#readAt = this.#announced;
  }

  /** Resolves when something was announced after the latest read, or at abort. Never rejects. */
  wait(signal: AbortSignal): Promise<void> {
    const unread = this.#readAt !== undefined && this.#readAt < this.#announced;
    if (signal.aborted || unread) return Promise.resolve();
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      if (this.#fallbackPollMs !== undefined) timer = setTimeout(wake, this.#fallbackPollMs);
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}

/** Resolves when the first of them would; with none of them, at abort. The others are let go. Never rejects. */
export async function waitForAny(wakeUps: readonly WakeUp[], signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const never = new WakeUp();
  await Promise.race([never, ...wakeUps].map((wakeUp) => wakeUp.wait(until)));
  over.abort();
}
