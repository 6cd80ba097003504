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
    const due = [...this.#store.timers.due(now)].sort(firingOrder).slice(0, limit);
    const entries = due.map((timer) =>
      this.#options.writer.signal(timer.node, firedSignal(timer), firedCause(timer, now)),
    );
    for (const timer of due) this.#store.timers.remove(timer);
    this.#store.publish(entries);
    return due.length;
  }

  async nextDue(after: number): Promise<number | undefined> {
    this.#store.timerChanges.reading(this);
    return this.#store.timers.nextDue(after);
  }

  awaitChange(signal: AbortSignal): Promise<void> {
    return this.#store.timerChanges.wait(signal, this);
  }
}
