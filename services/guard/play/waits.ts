/** Each bucket is wider than the one before by this: what is told of it is off by half as much at most. */
const growth = 1.05;

/** How long many have waited, in little memory, however many they are. Times in ms. */
export class Waits {
  readonly #buckets = new Map<number, number>();
  #count = 0;
  #longest = 0;

  add(waitedMs: number): void {
    const bucket = waitedMs < 1 ? 0 : Math.round(Math.log(waitedMs) / Math.log(growth)) + 1;
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count += 1;
    this.#longest = Math.max(this.#longest, waitedMs);
  }

  get count(): number {
    return this.#count;
  }

  get longestMs(): number {
    return this.#longest;
  }

  /** So much of all waited no longer; right within 3 %. 0: nobody has waited. */
  quantileMs(part: number): number {
    const wanted = Math.ceil(part * this.#count);
    let seen = 0;
    for (const [bucket, count] of [...this.#buckets].sort(([one], [other]) => one - other)) {
      seen += count;
      if (seen >= wanted && count > 0)
        return bucket === 0 ? 0 : Math.min(Math.round(growth ** (bucket - 1)), this.#longest);
    }
    return 0;
  }
}
