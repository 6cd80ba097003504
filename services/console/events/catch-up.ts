import {
  placeName,
  type AssignedPartition,
  type Batch,
  type Place,
} from '../../../adapters/ports/event-log.js';
import { fits, type EventFilter } from '../../event-filter.js';
import { eventText } from './event-ring.js';
import type { EventSource } from './event-tail.js';
import { LowWater } from './low-water.js';
import { writeCharacters } from './subscriber-connection.js';
import { publishedEvent } from '../../published-event.js';

/** Up to where somebody reads. */
export interface Target {
  /** Offset after the last record wanted, by place. */
  readonly offsets: ReadonlyMap<string, bigint>;
  /** ms, the log's clock: nothing that was appended before is still to come at these offsets or behind them. */
  readonly safeSince: number;
  /** False: it is of no use any more, and the next one is to be reached. */
  readonly isGood: () => boolean;
}

/** From where on a topic is read. */
export interface TopicStart {
  /** ms, the log's clock: everything appended since then comes. */
  readonly since: number;
  /** By partition. */
  readonly offsets: ReadonlyMap<number, bigint>;
}

/** The log has deleted what was to be read next: who comes again gets it from the journal, where that has it. */
export class ForgottenMeanwhile extends Error {
  override readonly name = 'ForgottenMeanwhile';
}

export interface Stretch<Wanted extends Target> {
  readonly filter: EventFilter;
  /** By topic. */
  readonly from: ReadonlyMap<string, TopicStart>;
  /** ms, the log's clock: nothing that was appended at this time or later comes. */
  readonly until?: number;
  readonly target: () => Wanted;
  /** Takes text in order per node; resolves when there is room for more. */
  readonly deliver: (text: string, events: number) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface CaughtUp<Wanted extends Target> {
  readonly target: Wanted;
  /** Offset after the last record that was read, by place: at the target or beyond. */
  readonly positions: ReadonlyMap<string, bigint>;
}

class CatchUp<Wanted extends Target> {
  readonly #source: EventSource;
  readonly #stretch: Stretch<Wanted>;
  readonly #water = new LowWater();
  readonly #places: readonly Place[];
  #target: Wanted;
  #arrive: () => void = () => undefined;

  constructor(source: EventSource, stretch: Stretch<Wanted>) {
    this.#source = source;
    this.#stretch = stretch;
    this.#target = stretch.target();
    this.#places = [...stretch.from].flatMap(([topic, { since, offsets }]) =>
      [...offsets].map(([partition, next]) => {
        const place = { topic, partition };
        this.#water.begin(place, next, since);
        return place;
      }),
    );
  }

  async run(): Promise<CaughtUp<Wanted> | undefined> {
    const { from, signal } = this.#stretch;
    if (!signal.aborted && !this.#hasArrived()) {
      const over = new Promise<void>((resolve) => {
        this.#arrive = resolve;
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
      const subscription = this.#source.eventLog.follow({
        topics: [...from.keys()],
        maxBatchRecords: 500,
        startAt: (assigned) => this.#startAt(assigned),
        onBatch: (batch) => this.#take(batch),
      });
      try {
        await Promise.race([over, subscription.ended]);
      } finally {
        await subscription.stop();
      }
    }
    if (signal.aborted || !this.#isThere()) return undefined;
    return { target: this.#target, positions: this.#water.positions() };
  }

  #startAt(assigned: AssignedPartition): Promise<bigint> {
    const next = this.#water.nextIn(assigned) ?? assigned.high;
    if (next >= assigned.low) return Promise.resolve(next);
    const missing = `${placeName(assigned)} begins at ${assigned.low} by now, and was read up to ${next}`;
    return Promise.reject(new ForgottenMeanwhile(`${missing}: the subscriber is to come again`));
  }

  #isThere(): boolean {
    const { offsets } = this.#target;
    return this.#places.every(
      (place) => (this.#water.nextIn(place) ?? 0n) >= (offsets.get(placeName(place)) ?? 0n),
    );
  }

  #hasArrived(): boolean {
    while (this.#isThere()) {
      if (this.#target.isGood()) return true;
      this.#target = this.#stretch.target();
    }
    return false;
  }

  /** A partition in which nothing came would hold it back up to the end. */
  #safeSince(): number {
    const { offsets, safeSince } = this.#target;
    for (const place of this.#places)
      this.#water.looked(place, offsets.get(placeName(place)) ?? 0n, safeSince);
    return this.#water.safeSince;
  }

  /** Gives what was gathered, and begins anew. */
  async #deliver(gathered: { text: string; events: number }): Promise<void> {
    const { text, events } = gathered;
    gathered.text = '';
    gathered.events = 0;
    if (events > 0) await this.#stretch.deliver(text, events);
  }

  async #take({ records }: Batch): Promise<void> {
    const { filter, until = Infinity, signal } = this.#stretch;
    if (signal.aborted || this.#hasArrived()) return;
    const events = await Promise.all(records.map((record) => publishedEvent(record, this.#source.schemaIds)));
    const safeSince = this.#safeSince();
    const batch = { text: '', events: 0 };
    for (const event of events) {
      // A batch that failed midway comes again.
      if (event.offset < (this.#water.nextIn(event) ?? 0n)) continue;
      this.#water.read(event, event.offset, event.appendedAt);
      if (event.appendedAt >= until || !fits(filter, event)) continue;
      batch.text += eventText(event, safeSince);
      batch.events += 1;
      if (batch.text.length >= writeCharacters) await this.#deliver(batch);
    }
    await this.#deliver(batch);
    if (this.#hasArrived()) this.#arrive();
  }
}

/**
 * Reads what was published before, from the log itself and at the pace of one subscriber, until a target is reached.
 * Undefined: it was ended before.
 */
export function catchUp<Wanted extends Target>(
  source: EventSource,
  stretch: Stretch<Wanted>,
): Promise<CaughtUp<Wanted> | undefined> {
  return new CatchUp(source, stretch).run();
}
