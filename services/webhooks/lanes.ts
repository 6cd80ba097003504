/** One piece of work of a node after the other, in the order in which they came; those of different nodes side by side. */
export class Lanes {
  readonly #ends = new Map<string, Promise<void>>();

  run<Result>(node: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#ends.get(node) ?? Promise.resolve();
    const done = before.then(work);
    const over = (): void => {
      if (this.#ends.get(node) === end) this.#ends.delete(node);
    };
    const end = done.then(over, over);
    this.#ends.set(node, end);
    return done;
  }
}
