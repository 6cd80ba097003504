/** Time of the simulated world. The demo's jumps ahead, the real stack's is the wall clock. */
export interface WorldClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Calls back once when `now()` has reached `atMs`, never synchronously. Callbacks run in order of their time, those
   * of one time in the order they were scheduled. `cancel` is idempotent and harmless after the call.
   */
  schedule(atMs: number, callback: () => void): ScheduledCall;
}

export interface ScheduledCall {
  cancel(): void;
}
