import type { ScheduledCall, WorldClock } from '../../clock.js';

/** One pending call per key; a new one takes the place of the old. */
export class Timers {
  readonly #clock: WorldClock;
  readonly #pending = new Map<string, ScheduledCall>();

  constructor(clock: WorldClock) {
    this.#clock = clock;
  }

  has(key: string): boolean {
    return this.#pending.has(key);
  }

  set(key: string, at: number, callback: () => void): void {
    this.cancel(key);
    const call = this.#clock.schedule(at, () => {
      this.#pending.delete(key);
      callback();
    });
    this.#pending.set(key, call);
  }

  cancel(key: string): void {
    this.#pending.get(key)?.cancel();
    this.#pending.delete(key);
  }

  stop(): void {
    for (const call of this.#pending.values()) call.cancel();
    this.#pending.clear();
  }
}
