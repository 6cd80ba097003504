import type { Clock } from '../../../adapters/ports/clock.js';

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  private present: number;

  constructor(start: number) {
    this.present = start;
  }

  now(): number {
    return this.present;
  }

  fromLogTime(wallMs: number): number {
    return wallMs;
  }

  waitUntil(): Promise<void> {
    return Promise.resolve();
  }

  moveTo(instant: number): void {
    this.present = Math.max(this.present, Math.floor(instant));
  }
}
