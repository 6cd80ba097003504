import { appendedAgainWithinMs } from '../../journal/causes.js';
import { isConcerned, lostSignals } from '../../journal/lost-input.js';
import { neverRepeated } from '../../journal/unseen-attempts.js';
import type { JournalOptions, LostInput, Upkeep } from '../../journal/options.js';
import type { Installation } from '../../ports/journal.js';
import type { MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryUpkeep implements Upkeep {
  readonly #store: MemoryStore;
  readonly #options: JournalOptions;

  constructor(store: MemoryStore, options: JournalOptions) {
    this.#store = store;
    this.#options = options;
  }

  async resume(): Promise<Installation> {
    this.#store.installation = { ...this.#store.installation, paused: false };
    return this.#store.installation;
  }

  async startEpoch(): Promise<Installation> {
    const { id, epoch } = this.#store.installation;
    this.#store.installation = { id, epoch: epoch + 1, paused: true };
    for (const open of this.#store.queues.all) {
      if (!neverRepeated.includes(open.command.type)) continue;
      open.attempts = Math.max(open.attempts, 1);
      open.unfinished = true;
    }
    return this.#store.installation;
  }

  async startLogEpoch(_order: Parameters<Upkeep['startLogEpoch']>[0]): Promise<number> {
    const store = this.#store;
    const abandoned = [...store.offsets];
    store.offsets.clear();
    store.logEpoch += 1;
    const noticed = { at: this.#options.clock.now(), logEpoch: store.logEpoch };
    const nodes = [...store.states.values()].filter(isConcerned).map(({ node }) => node);
    for (const [place, { nextOffset }] of abandoned) {
      const [group, topic, partition] = JSON.parse(place) as [string, string, number];
      store.sendAgain(topic);
      const lost = { group, topic, partition, from: Number(nextOffset) };
      store.publish(lostSignals(this.#options.writer, nodes, lost, noticed));
    }
    return store.logEpoch;
  }

  async lostInput(): Promise<readonly LostInput[]> {
    return [...this.#store.lostInput];
  }

  async inputGaps(): Promise<number> {
    return this.#store.lostInput.length + this.#store.logEpoch;
  }

  async isIdle(now: number): Promise<boolean> {
    const store = this.#store;
    return (
      store.unsent.every((queue) => queue.length === 0) &&
      store.timers.all.every(({ dueAt }) => dueAt > now) &&
      store.queues.heads.every(({ dueAt }) => dueAt > now)
    );
  }

  async prune(before: number): Promise<void> {
    const store = this.#store;
    for (const [cause, at] of store.seen) if (at < before) store.seen.delete(cause);
    for (const [cause, { place, appendedAt }] of store.reportsSeen) {
      const readTo = store.offsets.get(place)?.appendedAt ?? Infinity;
      if (appendedAt < Math.max(readTo - appendedAgainWithinMs, before)) store.reportsSeen.delete(cause);
    }
    store.sent = store.sent.filter(({ sentAt }) => (sentAt ?? before) >= before);
    store.permits.forget(before);
  }
}
