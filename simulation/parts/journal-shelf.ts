import { createMemoryStore } from '../../adapters/memory/journal.js';
import type { MemoryStore } from '../../adapters/memory/journal/store.js';
import type { Randomness } from '../../adapters/ports/clock.js';
import { partitions } from './ports.js';

/** Where the journal of an installation stands, until another one stands there. */
export class JournalShelf {
  readonly #randomness: Randomness;
  #store: MemoryStore;

  constructor(randomness: Randomness) {
    this.#randomness = randomness;
    this.#store = this.#empty();
  }

  get store(): MemoryStore {
    return this.#store;
  }

  /** An empty one: of the next epoch of the same installation where it was restored, else of another installation. */
  replace(restored: boolean): void {
    const { id, epoch } = this.#store.installation;
    this.#store = this.#empty();
    if (restored) this.#store.installation = { id, epoch: epoch + 1, paused: true };
  }

  #empty(): MemoryStore {
    return createMemoryStore({
      partitionCount: partitions,
      outboxPartitions: 2,
      randomness: this.#randomness,
    });
  }
}
