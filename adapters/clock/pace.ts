import { setTimeout as rest } from 'node:timers/promises';

/**
 * Holds back a loop that turns more often than makes sense: who comes rarely passes at once, who comes again and again
 * passes once per `everyMs`, and takes along all that has gathered meanwhile. Real time: it saves round trips, and
 * nothing is decided by it.
 */
export class Pace {
  readonly #everyMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  /** When all that was spent will be earned again. */
  #earnedAt = 0;

  /** @param burst how many turns may follow each other at once after a rest */
  constructor(options: { readonly everyMs: number; readonly burst: number; readonly now?: () => number }) {
    this.#everyMs = options.everyMs;
    this.#burst = options.burst;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Spends one turn. @returns milliseconds to wait before it */
  spend(): number {
    const now = this.#now();
    this.#earnedAt = Math.max(this.#earnedAt, now) + this.#everyMs;
    return Math.max(0, this.#earnedAt - now - this.#burst * this.#everyMs);
  }

  /** Resolves when the next turn may begin, or at abort. Never rejects. */
  async turn(signal?: AbortSignal): Promise<void> {
    const waitMs = this.spend();
    if (waitMs === 0) return;
    await rest(waitMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}
