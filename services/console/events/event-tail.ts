import type { Clock } from '../../../adapters/ports/clock.js';
import type { Batch, EventLog, Subscription } from '../../../adapters/ports/event-log.js';
import type { SchemaIds } from '../../../adapters/ports/schema-ids.js';
import { offeredTopics } from '../../event-filter.js';
import type { Target } from './catch-up.js';
import { EventRing, ringEntry } from './event-ring.js';
import { LowWater } from './low-water.js';
import { publishedEvent } from '../../published-event.js';
import { clockSkewMs } from '../../append-time.js';

export interface EventSource {
  readonly eventLog: Pick<EventLog, 'follow' | 'bounds' | 'offsetsSince'>;
  readonly schemaIds: SchemaIds;
  readonly clock: Clock;
  /** Bytes of the latest events that are kept for all subscribers together. */
  readonly ringBytes: number;
}

const lookEveryMs = 5_000;
const batchRecords = 500;
/**
 * What comes within this time goes to a subscriber in one write: of one decision there are several events, on several
 * topics. No less: each write to each of a thousand subscribers is a call of the system.
 */
const gatherMs = 5;

/**
 * Reads what is published, once for all subscribers of this process, from its start on. It begins with the first
 * subscriber and goes on until it is stopped.
 */
export class EventTail {
  readonly #source: EventSource;
  readonly #water = new LowWater();
  readonly #stopping = new AbortController();
  readonly #partitions: number;
  #subscription: Subscription | undefined;
  #isTelling = false;
  readonly ring: EventRing;

  private constructor(source: EventSource, partitions: number) {
    this.#source = source;
    this.#partitions = partitions;
    this.ring = new EventRing(source.ringBytes, source.clock.now() + clockSkewMs);
  }

  /** Resolves when it reads every partition. Rejects with LogUnavailable. */
  static async start(source: EventSource): Promise<EventTail> {
    const bounds = await Promise.all(offeredTopics.map((topic) => source.eventLog.bounds(topic)));
    const tail = new EventTail(
      source,
      bounds.reduce((sum, partitions) => sum + partitions.length, 0),
    );
    await tail.#begin();
    void tail.#look();
    return tail;
  }

  /** Resolves when it reads no more, told or not. */
  get ended(): Promise<void> {
    const over = (): void => undefined;
    return this.#subscription?.ended.then(over, over) ?? Promise.resolve();
  }

  /** Nothing that was appended before this time (ms, the log's clock) is still to come. */
  get safeSince(): number {
    return this.#water.safeSince;
  }

  /** Where the ring can be gone on with, once all before these offsets has been read elsewhere. */
  position(): Omit<Target, 'isGood'> & { readonly number: number } {
    return { number: this.ring.end, offsets: this.#water.positions(), safeSince: this.safeSince };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#subscription?.stop();
  }

  #begin(): Promise<void> {
    const startedAt = this.#source.clock.now() - clockSkewMs;
    return new Promise((resolve, reject) => {
      this.#subscription = this.#source.eventLog.follow({
        topics: offeredTopics,
        maxBatchRecords: batchRecords,
        startAt: (assigned) => {
          const next = this.#water.begin(assigned, assigned.high, startedAt);
          if (this.#water.places >= this.#partitions) resolve();
          return Promise.resolve(next);
        },
        onBatch: (batch) => this.#take(batch),
      });
      this.#subscription.ended.then(() => {
        reject(new Error('the reader of events was stopped'));
      }, reject);
    });
  }

  async #take({ records, topic, partition }: Batch): Promise<void> {
    const events = await Promise.all(records.map((record) => publishedEvent(record, this.#source.schemaIds)));
    const next = this.#water.nextIn({ topic, partition }) ?? 0n;
    const { safeSince } = this.#water;
    // A batch that failed midway comes again.
    const fresh = events.filter(({ offset }) => offset >= next);
    for (const event of fresh) this.#water.read(event, event.offset, event.appendedAt);
    this.ring.append(fresh.map((event) => ringEntry(event, safeSince)));
    if (!this.#isTelling) void this.#tellSoon();
  }

  async #tellSoon(): Promise<void> {
    const { clock } = this.#source;
    this.#isTelling = true;
    await clock.waitUntil(clock.now() + gatherMs, this.#stopping.signal);
    this.#isTelling = false;
    this.ring.tell();
  }

  /** Partitions on which nothing comes would hold back the time that is safe for ever: they are looked at. */
  async #look(): Promise<void> {
    const { clock, eventLog } = this.#source;
    const { signal } = this.#stopping;
    let looked = 0;
    for (;;) {
      await clock.waitUntil(clock.now() + lookEveryMs, signal);
      if (signal.aborted) return;
      const since = this.#water.latest;
      if (since === looked) continue;
      try {
        for (const topic of offeredTopics)
          for (const { partition, high } of await eventLog.bounds(topic))
            this.#water.looked({ topic, partition }, high, since);
        looked = since;
      } catch {
        // The log is away: nothing is safe that was not before, and it is looked at again.
      }
    }
  }
}
