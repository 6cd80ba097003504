/** Chance of the simulated world: the same seed gives the same world, in whatever order its parts draw. */
export interface WorldRandom {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform whole number, both ends included. */
  between(lowest: number, highest: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** A version 4 UUID drawn from the seed. */
  uuid(): string;
  /**
   * A stream of its own, given by seed and name alone. Each machine and each row gets one, so that their draws don't
   * depend on what happened to others first.
   */
  fork(name: string): WorldRandom;
}

export function seededRandom(seed: string): WorldRandom {
  return new Mulberry32(seed);
}

/** FNV-1a over UTF-16 units, with a final mix: near names (node-1, node-2) must give far seeds. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

class Mulberry32 implements WorldRandom {
  readonly #seed: string;
  #state: number;

  constructor(seed: string) {
    this.#seed = seed;
    this.#state = hash(seed);
  }

  next(): number {
    return this.#word() / 0x1_0000_0000;
  }

  between(lowest: number, highest: number): number {
    return lowest + Math.floor(this.next() * (highest - lowest + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  uuid(): string {
    const hex = Array.from({ length: 4 }, () => this.#word().toString(16).padStart(8, '0')).join('');
    const variant = '89ab'.charAt(parseInt(hex.charAt(16), 16) % 4);
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `${variant}${hex.slice(17, 20)}`,
      hex.slice(20),
    ].join('-');
  }

  fork(name: string): WorldRandom {
    return new Mulberry32(`${this.#seed}/${name}`);
  }

  #word(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 15), word | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  }
}
