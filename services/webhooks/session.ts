import {
  placeName,
  type AssignedPartition,
  type Batch,
  type EventLog,
  type LogRecord,
} from '../../adapters/ports/event-log.js';
import type { EventEndpoint } from '../../adapters/ports/event-endpoint.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import type {
  KeptEvent,
  WebhookCursor,
  WebhookEvent,
  WebhookJournalReplay,
} from '../../adapters/ports/webhooks.js';
import { onceJournalAnswers } from '../beginning.js';
import { fits } from '../event-filter.js';
import type { JournalOfEvents } from '../journal-events.js';
import { publishedEvent } from '../published-event.js';
import { Turns } from '../turns.js';
import type { Backlog } from './backlog.js';
import { DeliveryStopped } from './courier.js';
import { gapNotice } from './gap-notice.js';
import { Handing, type HandingContext } from './handing.js';
import { tellFromJournal } from './journal-telling.js';
import type { Subscriber } from './subscriber.js';

export interface SessionContext extends HandingContext {
  readonly eventLog: Pick<EventLog, 'follow'>;
  readonly schemaIds: SchemaIds;
  readonly journal: JournalOfEvents;
  /** `ce_source` of what is said about the delivery itself. */
  readonly source: string;
}

/** To whom a session delivers, and who is told how far it has come. */
export interface Addressee {
  readonly subscriber: Subscriber;
  readonly endpoint: EventEndpoint;
  readonly backlog: Backlog;
}

/** Events of one batch come again after a crash. */
const batchRecords = 100;
/** All that is decoded and held for one subscriber, besides what waits. */
const batchesAtOnce = 8;

/** Delivers to one subscriber, from where its cursors are, until it is over. For who holds the subscriber's lock. */
export class Session {
  readonly #context: SessionContext;
  readonly #subscriber: Subscriber;
  readonly #over: AbortController;
  readonly #handing: Handing;
  readonly #inJournal: WebhookJournalReplay | undefined;
  readonly #cursors: Map<string, WebhookCursor>;
  readonly #batches = new Turns(batchesAtOnce);
  readonly #backlog: Backlog;

  private constructor(
    context: SessionContext,
    parts: Addressee & {
      readonly over: AbortController;
      readonly inJournal: WebhookJournalReplay | undefined;
      readonly cursors: readonly WebhookCursor[];
      readonly waiting: readonly KeptEvent[];
    },
  ) {
    const { subscriber, backlog, over, inJournal, cursors } = parts;
    this.#context = context;
    this.#subscriber = subscriber;
    this.#backlog = backlog;
    this.#over = over;
    this.#handing = new Handing(context, parts);
    this.#inJournal = inJournal;
    this.#cursors = new Map(cursors.map((cursor) => [placeName(cursor), cursor]));
  }

  /** @param over ends it; the session itself aborts it when the subscriber wants no more */
  static async open(context: SessionContext, addressee: Addressee, over: AbortController): Promise<Session> {
    const { book } = context;
    const { name } = addressee.subscriber;
    // In this order: a copy that has not noticed yet that it lost the lock may still put events aside and go on behind them.
    const inJournal = await book.journalReplay(name);
    const cursors = await book.cursors(name);
    const waiting = await book.waiting(name);
    return new Session(context, { ...addressee, over, inJournal, cursors, waiting });
  }

  /** Resolves when it is over and nothing is under way. Rejects when the log or the journal can't be gone on with. */
  async run(): Promise<void> {
    try {
      const read = this.#tellFromJournal().then(() => this.#follow());
      // All has ended before the lock is let go.
      const ends = await Promise.allSettled([
        this.#untilOver(read),
        this.#untilOver(this.#handing.retryUntilOver()),
      ]);
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    } finally {
      await this.#handing.settled();
    }
    if (this.#handing.trouble !== undefined) throw this.#handing.trouble;
  }

  /** What ends takes the rest along. */
  async #untilOver(work: Promise<void>): Promise<void> {
    try {
      await work;
    } finally {
      this.#over.abort();
    }
  }

  /** What comes of a node in the log is later: it waits. */
  async #tellFromJournal(): Promise<void> {
    const { book, journal } = this.#context;
    const [subscriber, handing, backlog] = [this.#subscriber, this.#handing, this.#backlog];
    if (this.#inJournal === undefined) return;
    try {
      await tellFromJournal({ journal, book, subscriber, handing, backlog }, this.#inJournal);
    } catch (error) {
      if (!(error instanceof DeliveryStopped)) throw error;
    }
  }

  async #follow(): Promise<void> {
    const { signal } = this.#over;
    if (signal.aborted) return;
    const over = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    const subscription = this.#context.eventLog.follow({
      topics: this.#subscriber.filter.topics,
      maxBatchRecords: batchRecords,
      startAt: (assigned) => this.#startAt(assigned),
      onBatch: (batch) => {
        this.#noteRead(batch);
        return this.#batches.during(() => this.#take(batch));
      },
    });
    try {
      await Promise.race([subscription.ended, over]);
    } finally {
      this.#over.abort();
      await subscription.stop();
    }
  }

  async #startAt(assigned: AssignedPartition): Promise<bigint> {
    const { topic, partition, logId, low, high } = assigned;
    const { name, from } = this.#subscriber;
    const known = this.#cursors.get(placeName(assigned));
    if (known?.logId === logId) {
      const goesOnAt = known.nextOffset < low ? await this.#passOver(known, low) : known.nextOffset;
      this.#backlog.advanced(assigned, goesOnAt);
      return goesOnAt;
    }
    // Of another log than the one it knows everything is new.
    const nextOffset = known !== undefined || from === 'beginning' ? low : high;
    const cursor = { topic, partition, logId, nextOffset };
    await onceJournalAnswers(() => this.#context.book.begin(name, cursor));
    this.#cursors.set(placeName(cursor), cursor);
    this.#backlog.advanced(cursor, nextOffset);
    return nextOffset;
  }

  /** What the log has forgotten is told before it is passed over: rather twice than never. To the subscriber as well, in its stream. */
  async #passOver(known: WebhookCursor, low: bigint): Promise<bigint> {
    const { book, clock, log, metrics, source } = this.#context;
    const { name } = this.#subscriber;
    const { topic, partition, logId, nextOffset } = known;
    log.error(
      { subscriber: name, topic, partition, from: String(nextOffset), to: String(low) },
      'the log forgot these events before the subscriber got them: let it read its present state anew',
    );
    metrics?.webhookForgotten(name, Number(low - nextOffset));
    const next = { ...known, nextOffset: low };
    const gap = { topic, partition, logId, from: nextOffset, to: low };
    const notice = gapNotice(gap, { source, at: clock.now() });
    this.#handing.addWaiting(await onceJournalAnswers(() => book.advance(name, next, [notice])));
    this.#cursors.set(placeName(next), next);
    return low;
  }

  /** Before it has its turn, which may take long. */
  #noteRead(batch: Batch): void {
    const cursor = this.#cursors.get(placeName(batch));
    if (cursor === undefined) return;
    const first = batch.records.find(({ offset }) => offset >= cursor.nextOffset);
    if (first !== undefined) this.#backlog.read(batch, first.appendedAt);
  }

  async #take(batch: Batch): Promise<void> {
    const { schemaIds, book } = this.#context;
    const cursor = this.#cursors.get(placeName(batch));
    const last = batch.records.at(-1);
    if (cursor === undefined || last === undefined) return;
    this.#handing.throwIfOver();
    const events = await Promise.all(batch.records.map((record) => this.#eventOf(record, cursor, schemaIds)));
    const next = { ...cursor, nextOffset: last.offset + 1n };
    await this.#handing.deliver(
      events.filter((event) => event !== undefined),
      async (undelivered) => {
        const kept = await book.advance(this.#subscriber.name, next, undelivered);
        this.#cursors.set(placeName(next), next);
        const moreSince = next.nextOffset < batch.high ? last.appendedAt : undefined;
        this.#backlog.advanced(next, next.nextOffset, moreSince);
        return kept;
      },
    );
  }

  /** Undefined: this subscriber does not want it. */
  async #eventOf(
    record: LogRecord,
    { logId, nextOffset, replay }: WebhookCursor,
    schemaIds: SchemaIds,
  ): Promise<WebhookEvent | undefined> {
    if (record.offset < nextOffset) return undefined;
    const event = await publishedEvent(record, schemaIds);
    if (!fits(this.#subscriber.filter, event)) return undefined;
    const { topic, partition, offset, node, id, json, appendedAt } = event;
    const isReplayed = replay !== undefined && offset < replay.until;
    return {
      ...{ topic, place: { logId, partition, offset }, node, eventId: id, json, appendedAt },
      ...(isReplayed ? { replayId: replay.id } : {}),
    };
  }
}
