/** Items by the instant (ms) at which they are due: whoever asks for the next ones looks at none of the others. */
export class ByDue<Item> {
  readonly #dueAt = new Map<Item, number>();
  readonly #items = new Map<number, Set<Item>>();
  /** Those at which something is due, earliest first. */
  readonly #instants: number[] = [];

  /** It is due then, and no longer when it was before. */
  put(item: Item, dueAt: number): void {
    if (this.#dueAt.get(item) === dueAt) return;
    this.remove(item);
    this.#dueAt.set(item, dueAt);
    const others = this.#items.get(dueAt);
    if (others !== undefined) {
      others.add(item);
      return;
    }
    this.#items.set(dueAt, new Set([item]));
    this.#instants.splice(
      this.#first((other) => other >= dueAt),
      0,
      dueAt,
    );
  }

  /** Nothing happens where it is not known. */
  remove(item: Item): void {
    const dueAt = this.#dueAt.get(item);
    if (dueAt === undefined) return;
    this.#dueAt.delete(item);
    const others = this.#items.get(dueAt);
    others?.delete(item);
    if (others?.size !== 0) return;
    this.#items.delete(dueAt);
    this.#instants.splice(
      this.#first((other) => other >= dueAt),
      1,
    );
  }

  /** What is due at that instant or was before. */
  upTo(instant: number): readonly Item[] {
    return this.#instants
      .slice(
        0,
        this.#first((other) => other > instant),
      )
      .flatMap((dueAt) => [...(this.#items.get(dueAt) ?? [])]);
  }

  /** The first instant after this one at which something is due. */
  nextAfter(instant: number): number | undefined {
    return this.#instants[this.#first((other) => other > instant)];
  }

  /** Place of the first instant of which this holds, as it does of all that are later. */
  #first(isIt: (instant: number) => boolean): number {
    let low = 0;
    let high = this.#instants.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isIt(this.#instants[middle] ?? Infinity)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
