import type { ScheduledCall, WorldClock } from '../../world/clock.js';

/** A clock that moves only when it is told to. */
export class VirtualClock implements WorldClock {
  #now: number;
  #order = 0;
  readonly #calls = new Map<number, { readonly atMs: number; readonly callback: () => void }>();

  constructor(startMs = Date.UTC(2002, 4, 6, 8, 0)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  schedule(atMs: number, callback: () => void): ScheduledCall {
    const order = this.#order++;
    this.#calls.set(order, { atMs, callback });
    return { cancel: () => void this.#calls.delete(order) };
  }

  /** Time of the next call, if there is one. */
  get nextAt(): number | undefined {
    return this.#next()?.atMs;
  }

  /** Runs everything that is due until then, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(); next !== undefined && next.atMs <= end; next = this.#next()) {
      this.#calls.delete(next.order);
      this.#now = Math.max(this.#now, next.atMs);
      next.callback();
    }
    this.#now = end;
  }

  #next(): { readonly order: number; readonly atMs: number; readonly callback: () => void } | undefined {
    let found: { order: number; atMs: number; callback: () => void } | undefined;
    for (const [order, call] of this.#calls) {
      if (found === undefined || call.atMs < found.atMs) found = { order, ...call };
    }
    return found;
  }
}
