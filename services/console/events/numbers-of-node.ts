/** The first of these ascending numbers that is not below another. */
function firstFrom(numbers: readonly number[], from: number): number | undefined {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? from) < from) low = middle + 1;
    else high = middle;
  }
  return numbers[low];
}

/**
 * Which of numbered events are about a node. To ask each of a thousand subscribers about each event of a thousand nodes took so
 * long when many came at once that more came meanwhile than were told.
 */
export class NumbersOfNode {
  /** Ascending. */
  readonly #numbers = new Map<string, number[]>();

  /** @param number above all that were added before */
  add(node: string, number: number): void {
    const numbers = this.#numbers.get(node);
    if (numbers === undefined) this.#numbers.set(node, [number]);
    else numbers.push(number);
  }

  /** Forgets the oldest of this node. */
  dropOldest(node: string): void {
    const numbers = this.#numbers.get(node);
    numbers?.shift();
    if (numbers?.length === 0) this.#numbers.delete(node);
  }

  /** The lowest one, not below `from`, that is about one of these nodes. */
  next(from: number, nodes: ReadonlySet<string>): number | undefined {
    let lowest: number | undefined;
    for (const node of nodes) {
      const number = firstFrom(this.#numbers.get(node) ?? [], from);
      if (number !== undefined && number < (lowest ?? Infinity)) lowest = number;
    }
    return lowest;
  }
}
