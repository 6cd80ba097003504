const firstBy = 0x01000193;
const secondBy = 0x85ebca6b;

/** Of a number, its lowest 32 bits count. */
function mixed(hash: number, part: number, by: number): number {
  return Math.imul(hash ^ part, by);
}

/** Everything that happened, in order, as one number; and as text where somebody wants to read it. */
export class Trace {
  readonly #lines: string[] | undefined;
  #first = 0x811c9dc5;
  #second = 0x01234567;
  #steps = 0;

  constructor(options: { readonly keep: boolean }) {
    this.#lines = options.keep ? [] : undefined;
  }

  /** FNV-1a twice in one go, by two multipliers, over the two halves of the instant and the text. */
  add(at: number, what: string): void {
    let first = mixed(mixed(this.#first, at, firstBy), at / 2 ** 32, firstBy);
    let second = mixed(mixed(this.#second, at, secondBy), at / 2 ** 32, secondBy);
    for (let index = 0; index < what.length; index += 1) {
      const unit = what.charCodeAt(index);
      first = mixed(first, unit, firstBy);
      second = mixed(second, unit, secondBy);
    }
    this.#first = first;
    this.#second = second;
    this.#steps += 1;
    this.#lines?.push(`${at} ${what}`);
  }

  get steps(): number {
    return this.#steps;
  }

  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  /** Two runs with one hash went through the same steps at the same virtual times. */
  get hash(): string {
    return [this.#first, this.#second].map((part) => (part >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
