/**
 * Tells readers that there may be something new, without losing a notice that comes between their read and their
 * wait: a reader calls `reading` before it reads, and `wait` returns at once when anything was announced since.
 */
export class WakeUp {
  readonly #fallbackPollMs: number | undefined;
  readonly #waiting = new Map<() => void, number>();
  readonly #readAt = new Map<number, number>();
  readonly #announcedAt = new Map<number, number>();
  #announcedForAll = 0;
  #announced = 0;

  /** @param fallbackPollMs wakes a waiter after so long in real time, for notices that may get lost; undefined: never */
  constructor(fallbackPollMs?: number) {
    this.#fallbackPollMs = fallbackPollMs;
  }

  /** Something may be new: in this part, or, without one, in any. */
  announce(part?: number): void {
    this.#announced += 1;
    if (part === undefined) this.#announcedForAll = this.#announced;
    else this.#announcedAt.set(part, this.#announced);
    for (const [wake, waitsFor] of [...this.#waiting]) if ((part ?? waitsFor) === waitsFor) wake();
  }

  /** To be called right before reading; `part` tells readers of different parts of one thing apart. */
  reading(part = 0): void {
    this.#readAt.set(part, this.#announced);
  }

  /** Resolves when something was announced after the latest read of this part, or at abort. Never rejects. */
  wait(signal: AbortSignal, part = 0): Promise<void> {
    if (signal.aborted || this.#isUnread(part)) return Promise.resolve();
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      if (this.#fallbackPollMs !== undefined) timer = setTimeout(wake, this.#fallbackPollMs);
      this.#waiting.set(wake, part);
      signal.addEventListener('abort', wake);
    });
  }

  #isUnread(part: number): boolean {
    const seen = this.#readAt.get(part) ?? this.#announced;
    return seen < Math.max(this.#announcedForAll, this.#announcedAt.get(part) ?? 0);
  }
}
