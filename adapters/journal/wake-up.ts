/**
 * Tells readers that there may be something new, without losing a notice that comes between their read and their
 * wait: a reader calls `reading` before it reads, and `wait` returns at once when anything was announced since.
 */
export class WakeUp {
  readonly #fallbackPollMs: number | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #readAt = new Map<number, number>();
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

  /** To be called right before reading; `part` tells readers of different parts of one thing apart. */
  reading(part = 0): void {
    this.#readAt.set(part, this.#announced);
  }

  /** Resolves when something was announced after the latest read of this part, or at abort. Never rejects. */
  wait(signal: AbortSignal, part = 0): Promise<void> {
    if (signal.aborted || (this.#readAt.get(part) ?? this.#announced) < this.#announced)
      return Promise.resolve();
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
