interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Of what is about the same only one goes with others: each of these comes once. */
export function eachOnce<Item>(
  idOf: (item: Item) => string,
): (item: Item, chosen: readonly Item[]) => boolean {
  return (item, chosen) => chosen.every((other) => idOf(other) !== idOf(item));
}

/**
 * What is asked for while a write is under way goes together in the next one: a lone one goes at once, and the more
 * there are, the fewer round trips and commits each of them costs.
 */
export class Together<Item, Answer> {
  readonly #write: (items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly #fits: (item: Item, chosen: readonly Item[]) => boolean;
  #waiting: Waiting<Item, Answer>[] = [];
  #running = false;

  /**
   * @param write answers in the order of its items; when it rejects, nothing is known of any of them
   * @param fits whether an item may go with those chosen before it; what does not fit waits for its turn
   */
  constructor(
    write: (items: readonly Item[]) => Promise<readonly Answer[]>,
    fits: (item: Item, chosen: readonly Item[]) => boolean = () => true,
  ) {
    this.#write = write;
    this.#fits = fits;
  }

  /** Rejects with what the write rejects with. */
  add(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Those of one turn go together from the start.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#writeNext(this.#next());
    this.#running = false;
  }

  #next(): readonly Waiting<Item, Answer>[] {
    const chosen: Waiting<Item, Answer>[] = [];
    const items: Item[] = [];
    const later: Waiting<Item, Answer>[] = [];
    for (const waiting of this.#waiting) {
      if (items.length > 0 && !this.#fits(waiting.item, items)) {
        later.push(waiting);
        continue;
      }
      chosen.push(waiting);
      items.push(waiting.item);
    }
    this.#waiting = later;
    return chosen;
  }

  async #writeNext(chosen: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.#write(chosen.map(({ item }) => item));
      chosen.forEach(({ resolve, reject }, place) => {
        const answer = answers[place];
        if (answer === undefined) reject(new RangeError(`no answer for item ${place} of ${chosen.length}`));
        else resolve(answer);
      });
    } catch (error) {
      for (const { reject } of chosen) reject(error);
    }
  }
}
