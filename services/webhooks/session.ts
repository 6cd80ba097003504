import {
  placeName,
  type AssignedPartition,
  type Batch,
  type EventLog,
  type LogRecord,
} from '../../adapters/ports/event-log.js';
import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { EventEndpoint } from '../../adapters/ports/event-endpoint.js';
import type { Log } from '../../adapters/ports/log.js';
import type { WebhookMetrics } from '../../adapters/ports/metrics.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import type {
  KeptEvent,
  UndeliveredEvent,
  WebhookCursor,
  WebhookDeliveries,
  WebhookEvent,
} from '../../adapters/ports/webhooks.js';
import { backOffMs } from '../back-off.js';
import { onceJournalAnswers } from '../beginning.js';
import { fits } from '../event-filter.js';
import { publishedEvent } from '../published-event.js';
import { Turns } from '../turns.js';
import type { Backlog } from './backlog.js';
import { Courier, DeliveryStopped, retryBounds, type Handover } from './courier.js';
import { Lanes } from './lanes.js';
import type { Subscriber } from './subscriber.js';
import { WaitingQueue } from './waiting-queue.js';

export interface SessionContext {
  readonly eventLog: Pick<EventLog, 'follow'>;
  readonly schemaIds: SchemaIds;
  readonly book: WebhookDeliveries;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly metrics?: WebhookMetrics;
}

/** To whom a session delivers, and who is told how far it has come. */
export interface Addressee {
  readonly subscriber: Subscriber;
  readonly endpoint: EventEndpoint;
  readonly backlog: Backlog;
}

/** Events that wait for one subscriber: when so many do, it is the subscriber that has a problem, and reading waits too. */
const mostWaiting = 1_000;
/** Events of one batch come again after a crash. */
const batchRecords = 100;
/** All that is decoded and held for one subscriber, besides what waits. */
const batchesAtOnce = 8;
const lookEveryMs = 500;

/** Delivers to one subscriber, from where its cursors are, until it is over. For who holds the subscriber's lock. */
export class Session {
  readonly #context: SessionContext;
  readonly #subscriber: Subscriber;
  readonly #over: AbortController;
  readonly #courier: Courier;
  readonly #waiting: WaitingQueue;
  readonly #cursors: Map<string, WebhookCursor>;
  readonly #lanes = new Lanes();
  readonly #batches = new Turns(batchesAtOnce);
  readonly #backlog: Backlog;
  readonly #retries = new Set<Promise<void>>();
  #trouble: Error | undefined;

  private constructor(
    context: SessionContext,
    parts: Addressee & {
      readonly over: AbortController;
      readonly cursors: readonly WebhookCursor[];
      readonly waiting: readonly KeptEvent[];
    },
  ) {
    const { subscriber, endpoint, backlog, over, cursors, waiting } = parts;
    this.#context = context;
    this.#subscriber = subscriber;
    this.#backlog = backlog;
    this.#over = over;
    this.#courier = new Courier({ ...context, subscriber, endpoint, over: over.signal });
    this.#waiting = new WaitingQueue(mostWaiting, waiting);
    this.#cursors = new Map(cursors.map((cursor) => [placeName(cursor), cursor]));
  }

  /** @param over ends it; the session itself aborts it when the subscriber wants no more */
  static async open(context: SessionContext, addressee: Addressee, over: AbortController): Promise<Session> {
    const { book } = context;
    const { name } = addressee.subscriber;
    // In this order: a copy that has not noticed yet that it lost the lock may still put events aside and go on behind them.
    const cursors = await book.cursors(name);
    const waiting = await book.waiting(name);
    return new Session(context, { ...addressee, over, cursors, waiting });
  }

  /** Resolves when it is over and nothing is under way. Rejects when the log or the journal can't be gone on with. */
  async run(): Promise<void> {
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
      await Promise.race([subscription.ended, this.#retryUntilOver()]);
    } finally {
      this.#over.abort();
      await subscription.stop();
      await Promise.all(this.#retries);
    }
    if (this.#trouble !== undefined) throw this.#trouble;
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

  /** What the log has forgotten is told before it is passed over: rather twice than never. */
  async #passOver(known: WebhookCursor, low: bigint): Promise<bigint> {
    const { book, log, metrics } = this.#context;
    const { name } = this.#subscriber;
    const { topic, partition, nextOffset } = known;
    log.error(
      { subscriber: name, topic, partition, from: String(nextOffset), to: String(low) },
      'the log forgot these events before the subscriber got them: let it read its present state anew',
    );
    metrics?.webhookForgotten(name, Number(low - nextOffset));
    const next = { ...known, nextOffset: low };
    await onceJournalAnswers(() => book.advance(name, next, []));
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
    const { schemaIds } = this.#context;
    const cursor = this.#cursors.get(placeName(batch));
    const last = batch.records.at(-1);
    if (cursor === undefined || last === undefined) return;
    this.#throwIfOver();
    const undelivered: UndeliveredEvent[] = [];
    try {
      const events = await Promise.all(
        batch.records.map((record) => this.#eventOf(record, cursor, schemaIds)),
      );
      const wanted = events.filter((event) => event !== undefined);
      const results = await Promise.allSettled(
        wanted.map((event) => this.#lanes.run(event.node, () => this.#hand(event))),
      );
      for (const result of results)
        if (result.status === 'fulfilled' && result.value !== undefined) undelivered.push(result.value);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      const next = { ...cursor, nextOffset: last.offset + 1n };
      const kept = await this.#advance(next, undelivered);
      this.#cursors.set(placeName(next), next);
      this.#backlog.advanced(
        next,
        next.nextOffset,
        next.nextOffset < batch.high ? last.appendedAt : undefined,
      );
      for (const event of kept) if (event.state === 'waiting') this.#waiting.keep(event);
    } catch (error) {
      for (const { node, state } of undelivered) if (state === 'waiting') this.#waiting.cancel(node);
      throw error;
    }
  }

  /** When it fails nobody knows what is kept: the session ends, and the next one reads it anew. */
  async #advance(
    next: WebhookCursor,
    undelivered: readonly UndeliveredEvent[],
  ): Promise<readonly KeptEvent[]> {
    try {
      return await this.#context.book.advance(this.#subscriber.name, next, undelivered);
    } catch (error) {
      this.#trouble ??= error instanceof Error ? error : new Error(String(error));
      this.#over.abort();
      throw error;
    }
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
      ...{ logId, topic, partition, offset, node, eventId: id, json, appendedAt },
      ...(isReplayed ? { replayId: replay.id } : {}),
    };
  }

  /** Delivers it, or resolves with what is to be kept. */
  async #hand(event: WebhookEvent): Promise<UndeliveredEvent | undefined> {
    const { clock } = this.#context;
    const firstTriedAt = clock.now();
    const kept = (state: UndeliveredEvent['state'], tries: number, reason: string): UndeliveredEvent => {
      if (state === 'waiting') this.#waiting.reserve(event.node);
      return { ...event, state, firstTriedAt, tries, dueAt: this.#dueAfter(tries), reason };
    };
    for (let tries = 0; ;) {
      if (await this.#isBehindOthers(event.node)) return kept('waiting', 0, 'others of its node wait');
      const handover = await this.#courier.carry(event);
      if (handover.kind === 'delivered') return undefined;
      await this.#heed(handover);
      if (handover.kind !== 'resting') tries += 1;
      const state = this.#stateAfter(handover, firstTriedAt);
      if (state === 'dead' || this.#waiting.hasRoom) return kept(state, tries, handover.reason);
      await clock.waitUntil(this.#dueAfter(tries), this.#over.signal);
    }
  }

  /** Of a node of which something waits nothing may overtake it; where there is no room to wait, this waits here. */
  async #isBehindOthers(node: string): Promise<boolean> {
    const { clock } = this.#context;
    while (this.#waiting.isWaiting(node)) {
      if (this.#waiting.hasRoom) return true;
      await clock.waitUntil(clock.now() + lookEveryMs, this.#over.signal);
      this.#throwIfOver();
    }
    return false;
  }

  /** When one that was tried so often is to be tried again, ms. */
  #dueAfter(tries: number): number {
    const { clock, randomness } = this.#context;
    const pauseMs = tries === 0 ? 0 : backOffMs(tries, randomness, retryBounds);
    return Math.max(clock.now() + pauseMs, this.#courier.restsUntil);
  }

  #stateAfter({ kind }: Handover, firstTriedAt: number): UndeliveredEvent['state'] {
    const isOld = this.#context.clock.now() - firstTriedAt >= this.#subscriber.retryForMs;
    return kind === 'never' || (isOld && kind !== 'resting') ? 'dead' : 'waiting';
  }

  /** A subscriber that is gone gets nothing more. Throws DeliveryStopped then. */
  async #heed(handover: Handover): Promise<void> {
    if (handover.kind !== 'gone') return;
    const { book, clock } = this.#context;
    const at = clock.now();
    await book.pause(this.#subscriber.name, {
      subject: 'the subscriber itself',
      reason: handover.reason,
      at,
    });
    this.#over.abort();
    throw new DeliveryStopped('the subscriber is gone');
  }

  #throwIfOver(): void {
    if (this.#over.signal.aborted) throw new DeliveryStopped('told to end');
  }

  async #retryUntilOver(): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#over;
    while (!signal.aborted) {
      for (const event of this.#waiting.takeDue(clock.now())) {
        const retry = this.#retry(event).finally(() => this.#retries.delete(retry));
        this.#retries.add(retry);
      }
      await clock.waitUntil(clock.now() + lookEveryMs, signal);
    }
  }

  /** Tries one that waits again. Never rejects: what could not be noted is tried once more. */
  async #retry(event: KeptEvent): Promise<void> {
    const { book, clock, log } = this.#context;
    try {
      const handover = await this.#courier.carry(event);
      if (handover.kind === 'delivered') {
        await book.delivered(event.id);
        this.#waiting.settle(event);
        return;
      }
      if (handover.kind === 'resting') {
        this.#waiting.putOff({ ...event, dueAt: this.#courier.restsUntil });
        return;
      }
      await this.#heed(handover);
      const tries = event.tries + 1;
      const state = this.#stateAfter(handover, event.firstTriedAt);
      const next = { state, tries, dueAt: this.#dueAfter(tries), reason: handover.reason };
      await book.failed(event.id, next);
      if (state === 'dead') this.#waiting.settle(event);
      else this.#waiting.putOff({ ...event, ...next });
    } catch (error) {
      if (!(error instanceof DeliveryStopped))
        log.warn(
          { subscriber: this.#subscriber.name, error: String(error) },
          'a delivery could not be noted',
        );
      this.#waiting.putOff({ ...event, dueAt: clock.now() + retryBounds.firstMs });
    }
  }
}
