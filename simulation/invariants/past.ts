interface Entry<Value> {
  readonly at: number;
  readonly value: Value;
}

/** What was so, by key and time: a request that arrives late is judged by what was so when it was sent. */
export class Past<Value> {
  readonly #entries = new Map<string, Entry<Value>[]>();

  /** From now (virtual ms) on it is so. */
  note(key: string, at: number, value: Value): void {
    const entries = this.#entries.get(key);
    if (entries === undefined) this.#entries.set(key, [{ at, value }]);
    else entries.push({ at, value });
  }

  /** What was so then; undefined: nothing was known. */
  asOf(key: string, at: number): Value | undefined {
    return this.#entries.get(key)?.findLast((entry) => entry.at <= at)?.value;
  }
}
