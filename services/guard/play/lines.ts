/** Somebody who waits, and how old it counts: the smallest comes first. */
export interface Ranked {
  readonly rank: number;
  /** Of the same rank, whoever was there first. */
  readonly order: number;
}

export function comesBefore(one: Ranked, other: Ranked): boolean {
  return one.rank === other.rank ? one.order < other.order : one.rank < other.rank;
}

/** Who waits for what; each waits in one line. */
export class PlayedLines<Waiter extends Ranked> {
  readonly #lines = new Map<string, Waiter[]>();

  first(line: string): Waiter | undefined {
    return this.#lines.get(line)?.[0];
  }

  add(line: string, waiter: Waiter): void {
    const waiters = this.#lines.get(line);
    if (waiters === undefined) this.#lines.set(line, [waiter]);
    else waiters.splice(placeOf(waiters, waiter), 0, waiter);
  }

  remove(line: string, waiter: Waiter): void {
    const waiters = this.#lines.get(line) ?? [];
    const place = placeOf(waiters, waiter) - 1;
    if (waiters[place] === waiter) waiters.splice(place, 1);
    if (waiters.length === 0) this.#lines.delete(line);
  }

  *all(): IterableIterator<Waiter> {
    for (const waiters of this.#lines.values()) yield* waiters;
  }
}

/** Behind everybody who does not come after it. */
function placeOf(waiters: readonly Ranked[], waiter: Ranked): number {
  let low = 0;
  let high = waiters.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = waiters[middle];
    if (other !== undefined && !comesBefore(waiter, other)) low = middle + 1;
    else high = middle;
  }
  return low;
}
