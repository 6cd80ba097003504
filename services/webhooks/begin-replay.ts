import type { Clock } from '../../adapters/ports/clock.js';
import { placeName, type EventLog } from '../../adapters/ports/event-log.js';
import type {
  WebhookCursor,
  WebhookDeliveries,
  WebhookJournalReplay,
  WebhookReplay,
} from '../../adapters/ports/webhooks.js';
import { clockSkewMs } from '../append-time.js';
import { hasForgotten } from '../has-forgotten.js';
import { topicsOfFacts } from '../journal-events.js';
import type { Subscriber } from './subscriber.js';

export interface ReplayContext {
  readonly book: Pick<WebhookDeliveries, 'begin' | 'beginReplay' | 'cursors' | 'journalReplay'>;
  readonly eventLog: Pick<EventLog, 'bounds' | 'identify' | 'offsetsSince'>;
  readonly clock: Clock;
}

/** What a replay will read. */
export interface ReplayBegun {
  /** Partitions of which the log tells again what it has. */
  readonly partitions: number;
  readonly inJournal: WebhookJournalReplay | undefined;
}

/**
 * Begins a replay. Where the log has forgotten some of what facts made, the journal tells all of that, since what topics of facts say
 * of a node belongs together; their cursors stay where they are. So nothing is missing: what lies before a cursor was
 * decided before it was published, and the journal has it; the rest is read in the log as ever.
 */
export async function beginReplay(
  { book, eventLog, clock }: ReplayContext,
  subscriber: Pick<Subscriber, 'name' | 'filter' | 'from'>,
  { id, since }: WebhookReplay,
): Promise<ReplayBegun> {
  const { name, filter } = subscriber;
  const ofFacts = filter.topics.filter((topic) => topicsOfFacts.includes(topic));
  const isForgotten = await hasForgotten(eventLog, ofFacts, since);
  if (isForgotten) await beginCursors({ book, eventLog }, subscriber, ofFacts);
  const known = await book.cursors(name);
  const inLog = filter.topics.filter((topic) => !isForgotten || !ofFacts.includes(topic));
  const cursors = await backTo({ id, since }, { eventLog, known, topics: inLog });
  const earlier = await book.journalReplay(name);
  // What an earlier one had still to tell is told by this one.
  const inJournal = isForgotten
    ? { id, since: Math.min(since, earlier?.since ?? since), until: clock.now() + clockSkewMs }
    : undefined;
  await book.beginReplay(name, cursors, inJournal);
  return { partitions: cursors.length, inJournal };
}

/** A partition that was never read begins before the journal is read: later would leave out what is published meanwhile. */
async function beginCursors(
  { book, eventLog }: Pick<ReplayContext, 'book' | 'eventLog'>,
  { name, from }: Pick<Subscriber, 'name' | 'from'>,
  topics: readonly string[],
): Promise<void> {
  const logId = await eventLog.identify();
  const known = new Set((await book.cursors(name)).map(placeName));
  for (const topic of topics) {
    for (const { partition, low, high } of await eventLog.bounds(topic)) {
      if (known.has(placeName({ topic, partition }))) continue;
      await book.begin(name, { topic, partition, logId, nextOffset: from === 'beginning' ? low : high });
    }
  }
}

/** Cursors of these topics that go back by a replay. */
async function backTo(
  { id, since }: WebhookReplay,
  {
    eventLog,
    known,
    topics,
  }: {
    readonly eventLog: Pick<EventLog, 'offsetsSince'>;
    readonly known: readonly WebhookCursor[];
    readonly topics: readonly string[];
  },
): Promise<readonly WebhookCursor[]> {
  const byPlace = new Map(known.map((cursor) => [placeName(cursor), cursor]));
  const cursors: WebhookCursor[] = [];
  for (const topic of topics) {
    for (const [partition, offset] of await eventLog.offsetsSince(topic, since)) {
      const cursor = byPlace.get(placeName({ topic, partition }));
      if (cursor === undefined || offset >= cursor.nextOffset) continue;
      const { replay, nextOffset } = cursor;
      // What an earlier replay had still to tell was told before as well.
      const until = replay !== undefined && replay.until > nextOffset ? replay.until : nextOffset;
      cursors.push({ ...cursor, nextOffset: offset, replay: { id, until } });
    }
  }
  return cursors;
}
