import type { JournalOptions } from '../../journal/options.js';
import type { PauseNews } from '../../ports/guard-book.js';
import type { MemoryStore } from './store.js';

export class MemoryPauseNews implements PauseNews {
  readonly #store: MemoryStore;
  readonly #options: JournalOptions;

  constructor(store: MemoryStore, options: JournalOptions) {
    this.#store = store;
    this.#options = options;
  }

  tell(limit: number): Promise<number> {
    const changes = this.#store.pauseChanges.slice(0, limit);
    this.#store.publish(changes.map((told) => this.#options.writer.pause(told)));
    this.#store.pauseChanges = this.#store.pauseChanges.slice(limit);
    return Promise.resolve(changes.length);
  }
}
