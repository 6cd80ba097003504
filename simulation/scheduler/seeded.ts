import type { Randomness } from '../../adapters/ports/clock.js';

/** Chance that only the seed decides. */
export interface Seeded extends Randomness {
  /** True with this probability. */
  happens(probability: number): boolean;
  /** A whole number in [least, most]. */
  between(least: number, most: number): number;
  pick<Item>(items: readonly Item[]): Item;
}

/** FNV-1a over UTF-16 units: the same texts, the same 32 bits. */
export function hashOf(text: string, start = 0x811c9dc5): number {
  let hash = start;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

export function seeded(seed: number, stream = ''): Seeded {
  return chanceFrom(hashOf(stream, (seed ^ 0x9e3779b9) >>> 0));
}

export function chanceFrom(begin: number): Seeded {
  return new Mulberry32(begin);
}

/** By Tommy Ettinger, public domain: one 32-bit state, good enough to choose schedules by. */
class Mulberry32 implements Seeded {
  #state: number;

  constructor(begin: number) {
    this.#state = begin >>> 0;
  }

  next(): number {
    const state = (this.#state + 0x6d2b79f5) >>> 0;
    this.#state = state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  uuid(): string {
    return `${this.#hex(8)}-${this.#hex(4)}-4${this.#hex(3)}-8${this.#hex(3)}-${this.#hex(12)}`;
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  #hex(digits: number): string {
    let text = '';
    for (let left = digits; left > 0; left -= 1) text += Math.floor(this.next() * 16).toString(16);
    return text;
  }
}
