import { RecordRefused, type EventLog, type NewRecord } from '../../adapters/ports/event-log.js';
import type { Outbox, OutboxEntry } from '../../adapters/ports/journal.js';
import type { RelayMetrics } from '../../adapters/ports/metrics.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import { isEventName } from '../../schemas/codec.js';
import { frame } from '../../schemas/wire-format.js';
import { awaitFirst, superviseLoop, type Supervision } from '../supervision.js';

export interface RelayOptions extends Supervision {
  readonly outbox: Outbox;
  readonly eventLog: EventLog;
  readonly schemaIds: SchemaIds;
  /** Entries sent at once. */
  readonly batchEntries: number;
  /** How soon an outbox partition whose sender died is taken over. */
  readonly takeOverMs: number;
  readonly metrics?: RelayMetrics;
}

async function recordOf(options: RelayOptions, entry: OutboxEntry): Promise<NewRecord> {
  const { topic, key, event, body, headers } = entry;
  if (event === undefined || body === undefined) return { topic, key, value: body, headers };
  if (!isEventName(event))
    throw new TypeError(`no event ${event} in the catalog: run the release that wrote it`);
  return { topic, key, headers, value: frame(await options.schemaIds.idOf(event), body) };
}

/** One entry that the log will never take must not hold up the others: it is said and left out. */
async function appendOneByOne(options: RelayOptions, records: readonly NewRecord[]): Promise<void> {
  for (const record of records) {
    try {
      await options.eventLog.append([record]);
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      await sayRefused(options, record, error);
    }
  }
}

/** Where a record was that could not be published. What is refused even as a dead letter is only logged. */
async function sayRefused(options: RelayOptions, record: NewRecord, error: RecordRefused): Promise<void> {
  const { eventLog, log } = options;
  const { topic, key, headers } = record;
  const reason = error.message.slice(0, 500);
  log.error({ topic, key, id: headers['ce_id'], error: reason }, 'the log refuses this record for ever');
  options.metrics?.recordRefused(topic);
  try {
    const refused = { ...headers, dlt_topic: topic, dlt_reason: reason };
    await eventLog.append([{ topic: 'maintenance.signals.dlt', key, value: undefined, headers: refused }]);
  } catch (again) {
    if (!(again instanceof RecordRefused)) throw again;
    log.error({ topic, key, error: again.message.slice(0, 500) }, 'nor does the log take its dead letter');
  }
}

/** Sends what is there, in order of position. Resolves with the number of entries sent. */
async function sendOnce(options: RelayOptions, partitions: readonly number[]): Promise<number> {
  const { outbox, eventLog, clock } = options;
  const entries = await outbox.unsent(partitions, options.batchEntries);
  if (entries.length === 0) return 0;
  const records = await Promise.all(entries.map((entry) => recordOf(options, entry)));
  try {
    await eventLog.append(records);
  } catch (error) {
    if (!(error instanceof RecordRefused)) throw error;
    await appendOneByOne(options, records);
  }
  await outbox.markSent(entries, clock.now());
  countPublished(options, entries);
  return entries.length;
}

function countPublished({ metrics, clock }: RelayOptions, entries: readonly OutboxEntry[]): void {
  if (metrics === undefined) return;
  const byTopic = new Map<string, { readonly oldest: OutboxEntry; count: number }>();
  for (const entry of entries) {
    const known = byTopic.get(entry.topic);
    if (known === undefined) byTopic.set(entry.topic, { oldest: entry, count: 1 });
    else known.count += 1;
  }
  for (const [topic, { oldest, count }] of byTopic) {
    // What is no event of ours has no time: a dead letter keeps the headers it came with.
    const happenedAt = Date.parse(oldest.headers['ce_time'] ?? '');
    const ageMs = Number.isNaN(happenedAt) ? undefined : clock.now() - clock.fromLogTime(happenedAt);
    metrics.recordsPublished(topic, count, ageMs);
  }
}

/** The outbox partitions that this copy sends, and those that it would take over from a copy that died. */
class Share {
  readonly #outbox: Outbox;
  readonly #mine = new Set<number>();

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  get mine(): readonly number[] {
    return [...this.#mine];
  }

  get isWhole(): boolean {
    return this.#mine.size === this.#outbox.partitions;
  }

  /** Takes what nobody else has. */
  async widen(): Promise<void> {
    for (let partition = 0; partition < this.#outbox.partitions; partition += 1) {
      if (this.#mine.has(partition)) continue;
      if (await this.#outbox.acquire(partition)) this.#mine.add(partition);
    }
  }

  async giveBack(): Promise<void> {
    await Promise.all(this.mine.map((partition) => this.#outbox.release(partition)));
    this.#mine.clear();
  }
}

/** Sends until trouble or the end. */
async function sendShare(options: RelayOptions, share: Share, getsAlong: () => void): Promise<void> {
  const { outbox, signal, batchEntries } = options;
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    await share.widen();
    const { mine, isWhole } = share;
    const takeOver = new TakeOver(options);
    const waits = [
      (until: AbortSignal) => outbox.awaitEntries(mine, until),
      ...(isWhole ? [] : [(until: AbortSignal) => takeOver.wait(until)]),
    ];
    while (!isOver() && (isWhole || !takeOver.isDue)) {
      // A full batch may not be all; what came after the look is told.
      if (mine.length > 0 && (await sendOnce(options, mine)) === batchEntries) continue;
      getsAlong();
      await awaitFirst(waits, options);
    }
  }
}

/** When to look for partitions whose sender has died. */
class TakeOver {
  readonly #clock: RelayOptions['clock'];
  readonly #at: number;
  #isDue = false;

  constructor({ clock, takeOverMs }: RelayOptions) {
    this.#clock = clock;
    this.#at = clock.now() + takeOverMs;
  }

  get isDue(): boolean {
    return this.#isDue || this.#clock.now() >= this.#at;
  }

  /** A sender's lock that outlives it is trouble: a clock that waits for what it has not sent must not be waited for. */
  async wait(until: AbortSignal): Promise<void> {
    await this.#clock.waitUntil(this.#at, until, 'trouble');
    if (!until.aborted) this.#isDue = true;
  }
}

/**
 * Publishes the outbox, at least once and in order per key, until the signal aborts. Any number of copies may run:
 * each outbox partition has one sender at a time. A copy sends all its partitions in one turn: what comes during a turn
 * goes together in the next, so the more there is to send, the less each entry costs.
 */
export async function runRelay(options: RelayOptions): Promise<void> {
  await superviseLoop('relay', options, async (getsAlong) => {
    const share = new Share(options.outbox);
    try {
      await sendShare(options, share, getsAlong);
    } finally {
      await share.giveBack();
    }
  });
}
