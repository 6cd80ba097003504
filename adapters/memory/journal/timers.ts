import { firedCause, firedSignal } from '../../journal/causes.js';
import { firingOrder } from '../../journal/firing-order.js';
import type { JournalOptions } from '../../journal/options.js';
import type { Timers } from '../../ports/journal.js';
import type { MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryTimers implements Timers {
  readonly #store: MemoryStore;
  readonly #options: JournalOptions;

  constructor(store: MemoryStore, options: JournalOptions) {
    this.#store = store;
    this.#options = options;
  }

  async fireDue(now: number, limit: number): Promise<number> {
    this.#store.timerChanges.reading(this);
    const due = [...this.#store.timers]
      .filter(([, { dueAt }]) => dueAt <= now)
      .sort(([, one], [, other]) => firingOrder(one, other))
      .slice(0, limit);
    const entries = due.map(([, timer]) =>
      this.#options.writer.signal(timer.node, firedSignal(timer), firedCause(timer, now)),
    );
    for (const [key] of due) this.#store.timers.delete(key);
    this.#store.publish(entries);
    return due.length;
  }

  async nextDue(after: number): Promise<number | undefined> {
    this.#store.timerChanges.reading(this);
    let earliest: number | undefined;
    for (const { dueAt } of this.#store.timers.values())
      if (dueAt > after) earliest = Math.min(dueAt, earliest ?? dueAt);
    return earliest;
  }

  awaitChange(signal: AbortSignal): Promise<void> {
    return this.#store.timerChanges.wait(signal, this);
  }
}
