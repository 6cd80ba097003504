import type { Clock } from '../adapters/ports/clock.js';

/** Counts work that is not just waiting for time or news: only that takes a place, and keeps a jumping clock still. */
export class Workload {
  readonly #whenLess: () => void;
  #active = 0;
  #storing = 0;

  /** `whenLess` is called whenever a piece of work has ended, begins to wait, or only has its result to be stored. */
  constructor(whenLess: () => void = () => undefined) {
    this.#whenLess = whenLess;
  }

  get active(): number {
    return this.#active;
  }

  /** Pieces of work that take a place: all that are active but those whose result is only to be stored. */
  get places(): number {
    return this.#active - this.#storing;
  }

  begin(): void {
    this.#active += 1;
  }

  end(): void {
    this.#active -= 1;
    this.#whenLess();
  }

  /** Stores a result: still at work, but others may have its place. To be called by who has begun and not ended. */
  async whileStoring<Stored>(store: () => Promise<Stored>): Promise<Stored> {
    this.#storing += 1;
    this.#whenLess();
    try {
      return await store();
    } finally {
      this.#storing -= 1;
    }
  }

  /** Waits for something as one who is not at work meanwhile. To be called by who has begun and not ended. */
  async whileIdle(wait: () => Promise<unknown>): Promise<void> {
    this.end();
    try {
      await wait();
    } finally {
      this.begin();
    }
  }
}

/** The same clock; whoever waits on it is not at work meanwhile. */
export function workingClock(clock: Clock, workload: Workload): Clock {
  return {
    now: () => clock.now(),
    fromLogTime: (wallMs) => clock.fromLogTime(wallMs),
    waitUntil: (...wait) => workload.whileIdle(() => clock.waitUntil(...wait)),
  };
}
