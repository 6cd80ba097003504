interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Takes an entry off the agenda; nothing happens if it has run. */
export type Cancel = () => void;

/** What is to happen, in virtual time (ms). The only clock of a simulation: it moves by what happens next and by nothing else. */
export class Agenda {
  readonly #entries: Entry[] = [];
  #now: number;
  #order = 0;

  constructor(start: number) {
    this.#now = start;
  }

  get now(): number {
    return this.#now;
  }

  /** Of two for one instant, the one entered first runs first. An instant that is over means now. */
  schedule(at: number, run: () => void): Cancel {
    const entry: Entry = { at: Math.max(Math.ceil(at), this.#now), order: this.#order, run };
    this.#order += 1;
    this.#entries.splice(this.#placeOf(entry), 0, entry);
    return () => {
      const place = this.#placeOf(entry);
      if (this.#entries[place] === entry) this.#entries.splice(place, 1);
    };
  }

  after(milliseconds: number, run: () => void): Cancel {
    return this.schedule(this.#now + milliseconds, run);
  }

  /** Runs the next entry. False: nothing is to happen any more. */
  step(): boolean {
    const entry = this.#entries.pop();
    if (entry === undefined) return false;
    this.#now = entry.at;
    entry.run();
    return true;
  }

  /** Where it is or belongs. Latest first, so that the next one is taken off the end. */
  #placeOf(entry: Entry): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#entries[middle];
      if (
        other !== undefined &&
        (other.at > entry.at || (other.at === entry.at && other.order > entry.order))
      )
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
