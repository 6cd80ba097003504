import { hashOf } from './seeded.js';

/** Everything that happened, in order, as one number; and as text where somebody wants to read it. */
export class Trace {
  readonly #lines: string[] | undefined;
  #first = 0x811c9dc5;
  #second = 0x01234567;
  #steps = 0;

  constructor(options: { readonly keep: boolean }) {
    this.#lines = options.keep ? [] : undefined;
  }

  add(at: number, what: string): void {
    const line = `${at} ${what}`;
    this.#first = hashOf(line, this.#first);
    this.#second = hashOf(line, this.#second ^ this.#first);
    this.#steps += 1;
    this.#lines?.push(line);
  }

  get steps(): number {
    return this.#steps;
  }

  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  /** Two runs with one hash went through the same steps at the same virtual times. */
  get hash(): string {
    return [this.#first, this.#second].map((part) => part.toString(16).padStart(8, '0')).join('');
  }
}
