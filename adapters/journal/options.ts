import type { Command } from '../../domain/command.js';
import type {
  CommandQueue,
  FleetInventory,
  History,
  Installation,
  Journal,
  Outbox,
  OutboxWriter,
  Timers,
} from '../ports/journal.js';
import type { ArchiveFiles, FactArchive } from '../ports/archive.js';
import type { ChangeBook } from '../ports/change-book.js';
import type { Clock, Randomness } from '../ports/clock.js';
import type { DeadLetterBook } from '../ports/dead-letters.js';
import type { Duty } from '../ports/duty.js';
import type { GuardBook, PauseNews } from '../ports/guard-book.js';
import type { GuardHistory } from '../ports/guard-history.js';
import type { GuardPolicies } from '../ports/guard-policies.js';
import type { Positions } from '../ports/positions.js';
import type { WebhookDeliveries, WebhookDesk } from '../ports/webhooks.js';

/** What every journal needs to be opened. */
export interface JournalOptions {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly writer: OutboxWriter;
  /** Partitions of the input topics: fixed when the journal is made, checked ever after. */
  readonly partitionCount: number;
  /** How many relays can send at once. */
  readonly outboxPartitions: number;
  /** How much older than it is a command counts when the queue hands out the oldest, ms. Default: none has a head start. */
  readonly headStartMs?: (command: Command) => number;
  /** Folds the facts of every decision and compares with its state: for tests and simulation, costs time. */
  readonly verify?: boolean;
  /** Where archived facts are read; without it those can't be read. */
  readonly archiveFiles?: Pick<ArchiveFiles, 'read'>;
  /** Told when records were lost, beside their being recorded. */
  readonly onInputLost?: (lost: LostInput) => void;
  /** Told when this journal is found to be restored from a copy, so that a new epoch began. */
  readonly onRestored?: () => void;
}

/** Records that the log had dropped before this group read them: [from, to). */
export interface LostInput {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
  readonly noticedAt: number;
}

/** What an operator or the composition does to the journal as a whole. */
export interface Upkeep {
  /** Everything was observed: effects may begin. Idempotent. */
  resume(): Promise<Installation>;
  /**
   * This journal was restored from a copy: counts the epoch up and pauses. Open commands that must not be carried out
   * twice are only observed from now on. No copy may be running.
   */
  startEpoch(): Promise<Installation>;
  /**
   * The log is another one now: its partitions are read from their beginning. Causes already seen stay seen; signals of
   * our own that were not read are sent again, and every node that something was going on about is told. Resolves with
   * the number of the new epoch.
   */
  startLogEpoch(order: { readonly subject: string; readonly reason: string }): Promise<number>;
  lostInput(): Promise<readonly LostInput[]>;
  /** Counts up whenever input was lost, or another log begins: then everything is to be observed anew. */
  inputGaps(): Promise<number>;
  /** Nothing unsent, no timer due and no command claimable at `now` (ms). For clocks that jump. */
  isIdle(now: number): Promise<boolean>;
  /** Forgets causes, sent outbox entries and rates from before this time (ms). A cause must outlive any redelivery. */
  prune(before: number): Promise<void>;
}

/** One journal, as its users see it. */
export interface OpenJournal {
  readonly journal: Journal;
  readonly commands: CommandQueue;
  readonly timers: Timers;
  readonly outbox: Outbox;
  readonly history: History;
  readonly inventory: FleetInventory;
  readonly upkeep: Upkeep;
  readonly deadLetters: DeadLetterBook;
  readonly positions: Positions;
  readonly archive: FactArchive;
  /** Moving facts into files. */
  readonly archiving: Duty;
  /** Telling everybody of the present state of nodes. */
  readonly nodeStates: Duty;
  readonly guardBook: GuardBook;
  readonly pauseNews: PauseNews;
  readonly guardPolicies: GuardPolicies;
  readonly guardHistory: GuardHistory;
  readonly changeBook: ChangeBook;
  /** Gives up what this copy holds. What it had claimed runs out by itself. */
  close(): Promise<void>;
}

/** Beside it, in the same database: what is kept of subscribers by webhook, which nothing is decided by. */
export interface OpenWebhooks {
  readonly webhooks: WebhookDeliveries;
  readonly webhookDesk: WebhookDesk;
}

/** The journal was made for something else than what the configuration says. */
export class JournalMismatch extends Error {
  override readonly name = 'JournalMismatch';
}
