import type { ToldFact } from '../../domain/fact.js';
import type { Place } from './event-log.js';

/** Where the log has the record of an event. */
export interface WebhookEventPlace {
  readonly logId: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** An event on its way to one subscriber. */
export interface WebhookEvent {
  readonly topic: string;
  /** Undefined: it was made again from the journal. */
  readonly place?: WebhookEventPlace;
  /** `<cluster>/<node>` */
  readonly node: string;
  /** `ce_id` */
  readonly eventId: string;
  /** CloudEvents 1.0, structured JSON. */
  readonly json: string;
  /** ms, the log's clock; of one that was made again: when it was decided. */
  readonly appendedAt: number;
  /** The replay that it comes again with. */
  readonly replayId?: string;
}

/** One that could not be given to the subscriber at once. Dead: nobody tries it any more until a person says so. */
export interface UndeliveredEvent extends WebhookEvent {
  readonly state: 'waiting' | 'dead';
  /** ms; later by as long as its subscriber was paused since. */
  readonly firstTriedAt: number;
  readonly tries: number;
  /** ms; not before. */
  readonly dueAt: number;
  /** Why the last try failed. */
  readonly reason: string;
}

export type KeptEvent = UndeliveredEvent & { readonly id: string };

/** How far one subscriber has come in one partition. */
export interface WebhookCursor extends Place {
  readonly logId: string;
  readonly nextOffset: bigint;
  /** What lies before `until` comes again. */
  readonly replay?: { readonly id: string; readonly until: bigint };
}

/** A replay of what the log has forgotten, made again from the journal: what of it is wanted, and how far it has come. */
export interface WebhookJournalReplay {
  readonly id: string;
  /** ms: decided at this time or later… */
  readonly since: number;
  /** …and before this one. */
  readonly until: number;
  /** All before this fact, where facts stand node after node, was delivered or is kept. Undefined: nothing yet. */
  readonly next?: Pick<ToldFact, 'node' | 'version'>;
}

/** Who decided something about a subscriber, why and when (ms). */
export interface WebhookDecision {
  readonly subject: string;
  readonly reason: string;
  readonly at: number;
}

/** Everything that was appended from `since` (ms, the log's clock) on comes again, and where the log has forgotten it, was decided. */
export interface WebhookReplay {
  readonly id: string;
  readonly since: number;
}

export interface WebhookState {
  readonly name: string;
  /** Counts what people, or the subscriber itself by 410, have ordered: a new number means that all is to be looked at anew. */
  readonly orders: number;
  /** Nothing is sent. */
  readonly paused?: WebhookDecision;
  /** Ordered, and not begun yet. */
  readonly replay?: WebhookReplay;
  readonly waiting: number;
  readonly dead: number;
  /** When the oldest of those that wait was appended, ms, the log's clock. */
  readonly waitingSince?: number;
}

/** What who delivers keeps of each subscriber, so that after any end he goes on where he was. */
export interface WebhookDeliveries {
  /** Makes subscribers known. Idempotent. */
  enrol(names: readonly string[]): Promise<void>;
  /** Undefined: nobody has enrolled it. */
  state(name: string): Promise<WebhookState | undefined>;
  /** False while anybody delivers to it, this process included. It is let go when this process dies. */
  acquire(name: string): Promise<boolean>;
  release(name: string): Promise<void>;
  /** Acquired, and not lost with its connection since. */
  holds(name: string): boolean;
  cursors(name: string): Promise<readonly WebhookCursor[]>;
  /** A partition that was never read, or belongs to another log than what was read before, begins here. */
  begin(name: string, cursor: WebhookCursor): Promise<void>;
  /**
   * One transaction: everything before the cursor was delivered or is kept from now on. A cursor never goes back by it.
   * Resolves with what is kept, in the given order.
   */
  advance(
    name: string,
    cursor: WebhookCursor,
    undelivered: readonly UndeliveredEvent[],
  ): Promise<readonly KeptEvent[]>;
  /** One transaction: the replay that was ordered begins at these cursors, and with what the journal is to tell before, if anything. */
  beginReplay(
    name: string,
    cursors: readonly WebhookCursor[],
    inJournal?: WebhookJournalReplay,
  ): Promise<void>;
  /** What the journal is still to tell, before the log is read on. */
  journalReplay(name: string): Promise<WebhookJournalReplay | undefined>;
  /** As `advance`, in the journal: everything before `next` was delivered or is kept. It never goes back by it. */
  advanceJournalReplay(
    name: string,
    replay: Required<Pick<WebhookJournalReplay, 'id' | 'next'>>,
    undelivered: readonly UndeliveredEvent[],
  ): Promise<readonly KeptEvent[]>;
  /** The journal has told it all; another replay that began meanwhile goes on. */
  endJournalReplay(name: string, id: string): Promise<void>;
  /** Those that wait, in the order in which they were kept. */
  waiting(name: string): Promise<readonly KeptEvent[]>;
  /** Forgets an event. */
  delivered(id: string): Promise<void>;
  /** Notes another try that failed; one that is dead is tried no more. */
  failed(id: string, next: Pick<KeptEvent, 'state' | 'tries' | 'dueAt' | 'reason'>): Promise<void>;
  /** Nothing is sent any more, until a person says so. Idempotent: the first reason stays. */
  pause(name: string, decision: WebhookDecision): Promise<void>;
}

/** What people look at and decide. Each decision resolves with whether, or about what, it was taken. */
export interface WebhookDesk {
  states(): Promise<readonly WebhookState[]>;
  state(name: string): Promise<WebhookState | undefined>;
  /** Waiting and dead ones, in the order in which they were kept. */
  undelivered(name: string, query: { readonly limit: number }): Promise<readonly KeptEvent[]>;
  pause(name: string, decision: WebhookDecision): Promise<void>;
  /** What waits is as old afterwards as it was when it was paused. */
  resume(name: string, now: number): Promise<void>;
  replay(name: string, replay: WebhookReplay): Promise<void>;
  /** These dead ones, in the order in which they were kept, are tried again as if for the first time. */
  retry(name: string, ids: readonly string[], now: number): Promise<readonly string[]>;
  /** Nobody tries these, waiting or dead, again; who decided so stays written down. */
  drop(name: string, ids: readonly string[], decision: WebhookDecision): Promise<readonly string[]>;
}
