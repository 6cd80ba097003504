/**
 * How far one partition was acted on: up to the first event that is not acknowledged yet. Events are acknowledged in any
 * order. `Position` is what whoever goes on needs to know: an offset, or the id of the last event.
 */
export class Checkpoint<Position> {
  #reached: Position | undefined;
  readonly #open: { readonly position: Position; isDone: boolean }[] = [];

  /** The last position before which all is acknowledged; undefined: nothing yet. */
  get reached(): Position | undefined {
    return this.#reached;
  }

  /** Events that are not acknowledged, or stand behind one that is not. */
  get open(): number {
    return this.#open.length;
  }

  /** The next event, in the order of the partition. @returns how it is acknowledged; again changes nothing */
  begin(position: Position): () => void {
    const entry = { position, isDone: false };
    this.#open.push(entry);
    return () => {
      entry.isDone = true;
      this.#advance();
    };
  }

  #advance(): void {
    while (this.#open[0]?.isDone === true) this.#reached = this.#open.shift()?.position;
  }
}
