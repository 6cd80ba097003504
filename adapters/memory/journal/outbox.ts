import { sentCause } from '../../journal/causes.js';
import { waitForAny, type WakeUp } from '../../journal/wake-up.js';
import type { JournalOptions } from '../../journal/options.js';
import { JournalUnavailable, type Outbox, type OutboxEntry } from '../../ports/journal.js';
import type { MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

/** The outbox as one copy sees it: what this handle acquired, another handle on the same store can't. */
export class MemoryOutbox implements Outbox {
  readonly partitions: number;
  readonly #store: MemoryStore;
  readonly #options: JournalOptions;
  readonly #self = Symbol('sender');
  /** Taken away from this copy, and not acquired again since. */
  readonly #lost = new Set<number>();

  constructor(store: MemoryStore, options: JournalOptions) {
    this.partitions = store.outboxPartitions;
    this.#store = store;
    this.#options = options;
  }

  async acquire(partition: number): Promise<boolean> {
    if (this.#store.senders.has(partition)) return false;
    this.#store.senders.set(partition, this.#self);
    this.#lost.delete(partition);
    return true;
  }

  async release(partition: number): Promise<void> {
    this.#lost.delete(partition);
    this.#giveUp(partition);
  }

  /** As when this copy dies, or its connection does. */
  async releaseAll(): Promise<void> {
    for (let partition = 0; partition < this.partitions; partition += 1) {
      if (this.#store.senders.get(partition) === this.#self) this.#lost.add(partition);
      this.#giveUp(partition);
    }
  }

  #giveUp(partition: number): void {
    if (this.#store.senders.get(partition) !== this.#self) return;
    this.#store.senders.delete(partition);
    // Whoever waits to become the sender may try.
    this.#store.entries[partition]?.announce();
  }

  /** Rejects with JournalUnavailable when this copy was the sender and lost that: it has to acquire again. */
  async unsent(partitions: readonly number[], limit: number): Promise<readonly OutboxEntry[]> {
    const lost = partitions.find((partition) => this.#lost.has(partition));
    if (lost !== undefined) {
      throw new JournalUnavailable(`outbox partition ${lost} was lost: acquire it again before sending`);
    }
    for (const wakeUp of this.#wakeUps(partitions)) wakeUp.reading(this);
    return partitions
      .flatMap((partition) => (this.#store.unsent[partition] ?? []).slice(0, limit))
      .map(({ entry }) => entry)
      .sort((a, b) => (a.position < b.position ? -1 : 1))
      .slice(0, limit);
  }

  async markSent(entries: readonly OutboxEntry[], now: number): Promise<void> {
    const positions = new Set(entries.map(({ position }) => position));
    const marked = this.#store.unsent
      .flat()
      .filter(({ entry }) => positions.has(entry.position))
      .sort((a, b) => (a.entry.position < b.entry.position ? -1 : 1));
    const signals = marked.flatMap(({ entry }) =>
      entry.whenSent === undefined
        ? []
        : [this.#options.writer.signal(entry.whenSent.node, entry.whenSent.signal, sentCause(entry, now))],
    );
    for (const stored of marked) stored.sentAt = now;
    this.#store.unsent.forEach((queue, partition) => {
      this.#store.unsent[partition] = queue.filter(({ sentAt }) => sentAt === undefined);
    });
    // All else is never sent again.
    this.#store.sent.push(...marked.filter(({ entry }) => entry.event === 'Signal'));
    this.#store.publish(signals);
  }

  async backlog(): Promise<number> {
    return this.#store.unsent.reduce((sum, queue) => sum + queue.length, 0);
  }

  async awaitEntries(partitions: readonly number[], signal: AbortSignal): Promise<void> {
    await waitForAny(this.#wakeUps(partitions), signal, this);
  }

  #wakeUps(partitions: readonly number[]): readonly WakeUp[] {
    return partitions.flatMap((partition) => this.#store.entries[partition] ?? []);
  }
}
