import type { Clock } from '../adapters/ports/clock.js';

/** Counts work that is not just waiting for time or news: only that takes a place, and keeps a jumping clock still. */
export class Workload {
  readonly #whenLess: () => void;
  #active = 0;

  /** `whenLess` is called whenever a piece of work has ended or begins to wait. */
  constructor(whenLess: () => void = () => undefined) {
    this.#whenLess = whenLess;
  }

  get active(): number {
    return this.#active;
  }

  begin(): void {
    this.#active += 1;
  }

  end(): void {
    this.#active -= 1;
    this.#whenLess();
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
