/** The only source of time for services. */
export interface Clock {
  /** Milliseconds since the epoch, in the installation's time (the demo's runs ahead of the wall clock). */
  now(): number;
  /**
   * Resolves when `now()` has reached `instant`, or at once when `signal` aborts (it never rejects). A waiter counts as idle: a clock that
   * jumps may jump to it. `trouble`: something real was away, and as many real milliseconds will do: a clock that jumps stands still as
   * long as there is work, and perhaps it is this waiter who has to do it.
   */
  waitUntil(instant: number, signal?: AbortSignal, after?: 'trouble'): Promise<void>;
  /** Maps a log's append time (wall clock) to the installation's time. Identity except in the demo on the real stack. */
  fromLogTime(wallMs: number): number;
}

/** The only source of chance for services. */
export interface Randomness {
  /** Uniform in [0, 1). */
  next(): number;
  /** A fresh random UUID. */
  uuid(): string;
}
