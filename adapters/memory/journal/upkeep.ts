import type { LostInput, Upkeep } from '../../journal/options.js';
import type { Installation } from '../../ports/journal.js';
import type { MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryUpkeep implements Upkeep {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async resume(): Promise<Installation> {
    this.#store.installation = { ...this.#store.installation, paused: false };
    return this.#store.installation;
  }

  async startEpoch(): Promise<Installation> {
    const { id, epoch } = this.#store.installation;
    this.#store.installation = { id, epoch: epoch + 1, paused: true };
    return this.#store.installation;
  }

  async startLogEpoch(): Promise<void> {
    this.#store.offsets.clear();
  }

  async lostInput(): Promise<readonly LostInput[]> {
    return [...this.#store.lostInput];
  }

  async isIdle(now: number): Promise<boolean> {
    const store = this.#store;
    return (
      store.unsent.every((queue) => queue.length === 0) &&
      [...store.timers.values()].every(({ dueAt }) => dueAt > now) &&
      [...store.queues.values()].every(([head]) => head === undefined || head.dueAt > now)
    );
  }

  async prune(before: number): Promise<void> {
    const store = this.#store;
    for (const [cause, at] of store.seen) if (at < before) store.seen.delete(cause);
    store.sent = store.sent.filter(({ sentAt }) => (sentAt ?? before) >= before);
    store.permits = store.permits.filter(({ until, takenAt }) => until !== 'never' || takenAt >= before);
    const held = new Set(store.permits.map(({ counter }) => counter));
    for (const counter of store.budgets.keys()) if (!held.has(counter)) store.budgets.delete(counter);
  }
}
