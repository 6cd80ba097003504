import type { Clock, Randomness } from '../../../adapters/ports/clock.js';

/** Mulberry32 (Tommy Ettinger, public domain): one 32-bit state, good enough to choose schedules by. */
export function seededRandomness(seed: number): Randomness & { pick<Item>(items: readonly Item[]): Item } {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join('');
  return {
    next,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
    pick: (items) => {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
  };
}

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
