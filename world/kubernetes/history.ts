import type { Change } from './store.js';

/** The last changes, oldest first: what a watch can start from. */
export class History {
  readonly #length: number;
  #changes: Change[] = [];
  /** Changes up to and including this revision are forgotten. */
  #forgottenRevision = 0;

  constructor(length: number) {
    this.#length = length;
  }

  get forgottenRevision(): number {
    return this.#forgottenRevision;
  }

  add(change: Change): void {
    this.#changes.push(change);
    // Cut in halves, so that the cost of cutting is spread over many changes.
    if (this.#changes.length > this.#length * 2) this.#cut(this.#changes.length - this.#length);
  }

  /** Everything after the revision, or undefined when part of that is forgotten. */
  since(revision: number): readonly Change[] | undefined {
    if (revision < this.#forgottenRevision) return undefined;
    let low = 0;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#changes.slice(low);
  }

  /** Forgets all changes up to the revision, as etcd does when it is compacted. */
  forget(revision: number): void {
    this.#changes = this.#changes.filter((change) => change.revision > revision);
    this.#forgottenRevision = Math.max(this.#forgottenRevision, revision);
  }

  #cut(count: number): void {
    this.#forgottenRevision = this.#changes[count - 1]?.revision ?? this.#forgottenRevision;
    this.#changes = this.#changes.slice(count);
  }
}
