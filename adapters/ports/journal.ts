import type { Command, CommandResult, Operation } from '../../domain/command.js';
import type { Decide, DecidedReport, Decision } from '../../domain/decision.js';
import type { Fact, FactType, ToldFact } from '../../domain/fact.js';
import type { ChangeId, CommandId, NodeKey, ProcessId } from '../../domain/identifiers.js';
import type { ActiveProcess, NodeState, Outcome, Parked, WorkflowName } from '../../domain/node-state.js';
import type { ToldPause } from '../../domain/pause.js';
import type { Input, Signal } from '../../domain/signal.js';
import type { Where } from '../../domain/where.js';
import type { AssignedPartition } from './event-log.js';
import type { LineWait, RefusedByCounter } from './line-wait.js';

/** One record to publish, written in the transaction that decided it; the relay sends it. */
export interface NewOutboxEntry {
  readonly topic: string;
  /** Kafka key. */
  readonly key: string;
  /** Name of the event in the catalog; the relay adds the registry's schema id. Undefined: bytes go out untouched (dead letters). */
  readonly event?: string;
  readonly body: Buffer | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** To be written to the outbox when the log has acknowledged this entry. */
  readonly whenSent?: { readonly node: NodeKey; readonly signal: Signal };
}

export interface OutboxEntry extends NewOutboxEntry {
  readonly position: bigint;
}

/** Where a signal of our own comes from. */
export interface SignalCause {
  /** Of what happened: the same happening again gives the same signal, another one another. */
  readonly id: string;
  readonly at: number;
  /** `ce_id` of the record that caused it; undefined: none did. */
  readonly causedBy?: string;
}

/** Makes outbox entries; given to the journal so that it can answer (revoked, fired, settled) in its own transactions. */
export interface OutboxWriter {
  signal(node: NodeKey, signal: Signal, cause: SignalCause): NewOutboxEntry;
  /** What a decision publishes, in the order of its facts. */
  decided(decision: Decision, input: Input): readonly NewOutboxEntry[];
  /** What became of a pause of the guard. */
  pause(told: ToldPause): NewOutboxEntry;
  /** The fates of all reports of one batch, as few entries as sensible. */
  fates(reports: readonly DecidedReport[]): readonly NewOutboxEntry[];
}

export interface Installation {
  /** Random, at most 20 characters of [a-z0-9]; stands in our taints. */
  readonly id: string;
  /** Counts up when a journal is new or was restored. */
  readonly epoch: number;
  /** A new epoch starts paused until every open command and isolated node was observed. */
  readonly paused: boolean;
}

/** The log is not the one whose offsets the journal knows, or lost its end: a person must start a new log epoch. */
export class LogMismatch extends Error {
  override readonly name = 'LogMismatch';
}

/** The database can't be reached, or gave up a transaction after all retries: try again later; nothing was committed. */
export class JournalUnavailable extends Error {
  override readonly name = 'JournalUnavailable';
}

/**
 * What is to be done with an input. `wait`: its node is parked, it is kept for later. `wait-then-take-up`: everything
 * that waits for the node is decided now, this input last. `decide-then-take-up`: first this one, then what waits.
 */
export type Admission = 'decide' | 'wait' | 'wait-then-take-up' | 'decide-then-take-up';

/** How inputs are decided; given to the journal, which knows nothing of workflows. */
export interface Deciding {
  readonly decide: Decide;
  /** Asked before each input, with its node's present state. */
  readonly admit: (state: NodeState, input: Input) => Admission;
  /**
   * What is decided when `decide` throws for an input, or the database refuses its data. The node is parked; the input
   * is then kept if `admit` lets it wait on the new state.
   */
  readonly park: (state: NodeState, input: Input, error: Error) => Decision;
  /** Decided when nothing waits for a parked node any more. `input` is the one that had it taken up. */
  readonly unpark: (state: NodeState, input: Input) => Decision;
}

/** One batch: everything in it, or nothing. */
export interface AdvanceRequest extends Deciding {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly logId: string;
  /** Decodable inputs in offset order. */
  readonly inputs: readonly { readonly offset: bigint; readonly input: Input }[];
  /** Records that could not be decoded, as they go to the dead letter topic. */
  readonly deadLetters: readonly { readonly offset: bigint; readonly entry: NewOutboxEntry }[];
  /** One past the last record of the batch. */
  readonly nextOffset: bigint;
  /** The latest time at which the log appended a record before `nextOffset`, ms by the log's own clock. */
  readonly appendedAt: number;
  /** The record at this offset as a dead letter: for an input whose decision can't be stored in any form. */
  readonly deadLetter: (offset: bigint, reason: string) => NewOutboxEntry;
}

export interface AdvanceResult {
  /** Inputs below the fence or already seen by cause id. */
  readonly skipped: number;
  readonly decided: number;
  readonly facts: number;
  readonly commands: number;
  /** Inputs that could not be decided, so that their node was parked. */
  readonly parked: number;
  /** Inputs kept for later because their node is parked. */
  readonly waiting: number;
  /** Inputs that could not even be parked, and went to the dead letters. */
  readonly deadLettered: number;
}

/** The only place where something is decided. */
export interface Journal {
  installation(): Promise<Installation>;
  /**
   * Where this group begins to read an assigned partition: the stored offset, or the log's beginning for a partition
   * never read. `low > next_offset` is recorded as lost input. Rejects with LogMismatch when `high < next_offset`, when
   * the log's identity changed, or when what stands where this group has read was appended later than it read.
   */
  startAt(group: string, assigned: AssignedPartition): Promise<bigint>;
  /**
   * One transaction: locks the offset row, drops what is below it, locks the nodes in one order, decides each input
   * not seen before, stores facts, states, timers, commands and outbox, and advances the offset. Deadlocks and
   * serialisation errors retry the whole batch; a data error bisects it until the one bad input is parked, or goes to
   * the dead letters when not even that can be stored. Inputs of a parked node are kept, in order, until it is taken up.
   * Idempotent: a batch that was committed does nothing when it comes again.
   */
  advance(request: AdvanceRequest): Promise<AdvanceResult>;
}

const unavailable = '/unavailable';

/**
 * The line of those whose nodes are unavailable already: their cap is another one than that of the others who wait for the
 * counter, so they are not to stand behind them.
 */
export function lineOfUnavailable(counter: string): string {
  return `${counter}${unavailable}`;
}

/** The line that yields to this one; undefined: none does. */
export function lineBehind(line: string): string | undefined {
  return line.endsWith(unavailable) ? line.slice(0, -unavailable.length) : undefined;
}

/**
 * Nodes that are out of service and take room of a counter. They are counted in the claim: whoever gives back what it had taken, and
 * leaves its node out, would have counted neither way in a picture that was made before.
 */
export interface OutOfService {
  /** Those of this cluster that are there… */
  readonly cluster: string;
  readonly where: Pick<Where, 'pools' | 'zones' | 'labels'>;
  /**
   * …without the one that the claim is about. `others`: which nobody has leave to take out; they count beside what is taken. `everybody`: however
   * they are out and whoever has leave; what is taken counts as that, and not for itself.
   */
  readonly who: 'others' | 'everybody';
}

/** Counters that a claim takes; caps are computed by the guard from policy and inventory. */
export interface BudgetClaim {
  /** For instance `isolate/in-flight/cluster-a` or `isolate/rate/cluster-a/2026-11-23T10:00`. */
  readonly counter: string;
  /**
   * The line in which those wait whom this counter refused: its name, or `lineOfUnavailable` of it; the counters of all
   * windows of one rate have one line.
   */
  readonly line: string;
  /** Another line whose waiters come first if they rank higher. */
  readonly yieldsTo?: string;
  readonly operation: Operation;
  readonly cap: number;
  /** Undefined: nobody's, only what is taken counts. */
  readonly outOfService?: OutOfService;
  /** `settled`: given back with the command's result. `returned`: when its process has given the node back or ended. `never`: rates. */
  readonly until: 'settled' | 'returned' | 'never';
  /** Where it is full no room comes for long, whatever is given back: whoever it refuses should keep no room of others for it meanwhile. */
  readonly isFarOff?: true;
}

export interface QueuedCommand {
  readonly command: Command;
  readonly attempts: number;
  /** An earlier attempt whose end nobody saw: only to be observed when the command is not repeatable. */
  readonly unfinishedAttempt: boolean;
  /** State of the process as decided, for the look at the present. */
  readonly createdAt: number;
}

export type ClaimAnswer =
  | { readonly kind: 'claimed'; readonly attempt: number }
  /** Somebody else has it, or it was revoked. */
  | { readonly kind: 'gone' }
  | ({ readonly kind: 'refused' } & RefusedByCounter)
  /** Somebody else has leave to change the node. */
  | { readonly kind: 'refused'; readonly why: 'held'; readonly change: ChangeId }
  /** A pause began or ended since the guard was asked: it has to be asked again. */
  | { readonly kind: 'refused'; readonly why: 'changed' };

/** The queue of intended side effects. Only the head command of a node can be claimed. */
export interface CommandQueue {
  /**
   * Heads that are due and unclaimed (or whose claim ran out), by rank: the oldest first, each as old as it is and its head
   * start together, less a minute for every attempt.
   */
  claimable(now: number, limit: number): Promise<readonly QueuedCommand[]>;
  /**
   * A few heads that this process committed a moment ago, each told once; a hint that may be out of date, and no answer to
   * what else there is. None: ask `claimable`.
   */
  justIssued(now: number): Promise<readonly QueuedCommand[]>;
  /**
   * One short transaction: the command is still wanted and its node's head, counters are taken in order of their
   * names, the attempt is written. Counters of a refused claim are not taken. Who stands further back in the line of a
   * counter is refused as long as somebody before it waits there in earnest: whoever comes late takes nothing from those
   * who were refused, and none of them waits for ever. Who is refused by a counter stands in its line from that moment, so that
   * nothing that is given back is missed; and whoever leaves a line, for whatever reason, wakes the next in it. Only a claim that took
   * the last room wakes nobody: whoever gives something back does. Who has waited for an hour keeps, while it waits, one room of each counter that
   * has one (adapters/journal/kept-rooms.ts): nobody who ranks behind it gets that.
   */
  claim(
    id: CommandId,
    claim: {
      readonly by: string;
      readonly now: number;
      readonly leaseMs: number;
      readonly budgets: readonly BudgetClaim[];
      /** Of the guard's book when it was asked. Undefined: no leave is needed. */
      readonly guardVersion?: number;
      /** Undefined: it stands in no line after a refusal, until it is postponed into one. */
      readonly waits?: LineWait;
    },
  ): Promise<ClaimAnswer>;
  /** Prolongs the claim of a long attempt. False when it is not ours any more. */
  extend(
    id: CommandId,
    claim: { readonly by: string; readonly now: number; readonly leaseMs: number },
  ): Promise<boolean>;
  /**
   * The command waits, visibly: who said no, and when it is asked again. In a `line` it is asked as soon as something of
   * its counter is given back and nobody stands before it. It keeps no rooms until it is refused again.
   */
  postpone(
    id: CommandId,
    wait: { readonly until: number; readonly reason: string; readonly by?: string; readonly line?: string },
  ): Promise<void>;
  /** Result, signal and release of permits in one transaction. Doing it twice changes nothing; false = it was settled before. */
  settle(result: CommandResult, now: number): Promise<boolean>;
  /** Gives back the counters of processes that are over. Returns how many. */
  releaseEnded(): Promise<number>;
  /** Earliest time later than `after` at which a head becomes due; undefined: none will. */
  nextDue(after: number): Promise<number | undefined>;
  /** Resolves when there may be something to claim that the latest `claimable` did not see, or at abort. Never rejects. */
  awaitWork(signal: AbortSignal): Promise<void>;
}

export interface Timers {
  /**
   * Fires what is due: each timer becomes one signal in the outbox, in one transaction; the earliest first, and of one instant
   * by process and name. Returns how many.
   */
  fireDue(now: number, limit: number): Promise<number>;
  /** Earliest time later than `after` at which a timer is due; undefined: there is none. */
  nextDue(after: number): Promise<number | undefined>;
  /** Resolves when a timer may have been set, or at abort. */
  awaitChange(signal: AbortSignal): Promise<void>;
}

export interface Outbox {
  /** Becomes the one sender of this outbox partition, or resolves false while another is. Held until `release` or death. */
  acquire(partition: number): Promise<boolean>;
  release(partition: number): Promise<void>;
  readonly partitions: number;
  /** Unsent entries of these outbox partitions, by position; at most `limit` in all. */
  unsent(partitions: readonly number[], limit: number): Promise<readonly OutboxEntry[]>;
  /** Marks as sent and writes what was asked for on acknowledgement, in one transaction. */
  markSent(entries: readonly OutboxEntry[], now: number): Promise<void>;
  /** Number of unsent entries over all partitions. */
  backlog(): Promise<number>;
  /** Resolves when there may be entries that the latest `unsent` of these partitions did not see, or at abort. */
  awaitEntries(partitions: readonly number[], signal: AbortSignal): Promise<void>;
}

export interface ProcessRow {
  readonly processId: ProcessId;
  readonly node: NodeKey;
  readonly workflow: WorkflowName;
  readonly faultType: string;
  readonly stage: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly outcome?: Outcome;
  readonly reason?: string;
  readonly waitingFor?: string;
}

export interface CommandRow {
  readonly command: Command;
  readonly status: 'waiting' | 'attempting' | 'settled' | 'revoked';
  readonly attempts: number;
  readonly result?: CommandResult;
  readonly waitingReason?: string;
  readonly waitingUntil?: number;
  readonly createdAt: number;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Pass as `after` for the next page; undefined: this was the last. */
  readonly next?: string;
}

export interface RepeatRow {
  readonly type: string;
  readonly source: string;
  readonly fate: string;
  readonly reason?: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** A node whose inputs wait. */
export interface ParkedNode extends Parked {
  readonly node: NodeKey;
  /** Version of the last fact. */
  readonly version: number;
  /** Inputs that wait. */
  readonly waiting: number;
}

/** Inputs that wait for a parked node: one, or a report and its repeats. */
export interface WaitingRow {
  /** In a few words: `report DiskFailure firing by npd`. */
  readonly what: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** What events say of the process that they are about. */
export type ToldProcess = Pick<ActiveProcess, 'id' | 'workflow' | 'stage'>;

/** A fact with what its events say beyond it. */
export interface PublishedFact {
  readonly fact: ToldFact;
  /** What it changes of the node's process: some of its members, or that it is over. Absent: nothing of these. */
  readonly process?: Partial<ToldProcess> | 'over';
  /** Of the journal, when it was decided. */
  readonly epoch: number;
  /** `ce_id` of the record that it follows from. */
  readonly causedBy: string;
}

/** A page of facts. They are made when they are asked for: what comes after them can be on its way meanwhile. */
export interface PublishedFacts {
  facts(): readonly PublishedFact[];
  /** To be read after. Undefined: these are the last. */
  readonly next: PublishedFactsQuery['after'];
}

/** Facts of many nodes: all of one node in order of version, the nodes in byte order of their keys. */
export interface PublishedFactsQuery {
  /** The last one that was read. Undefined: from the first on. */
  readonly after?: Pick<Fact, 'node' | 'version'>;
  /** Undefined: of all nodes. */
  readonly node?: NodeKey;
  /** Undefined: of all types. */
  readonly types?: readonly FactType[];
  readonly limit: number;
}

/**
 * What happened, for people and replay; runs under a role that can't write. Facts are all that ever were, wherever they lie
 * by now; those that lie in a file which can't be read reject with ArchiveUnreadable.
 */
export interface History {
  states(query: {
    readonly cluster?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<Page<NodeState>>;
  state(node: NodeKey): Promise<NodeState | undefined>;
  /** Of those of these nodes that the journal knows, in any order. */
  statesOf(nodes: readonly NodeKey[]): Promise<readonly NodeState[]>;
  /**
   * The state before the first fact that the journal holds itself: facts from there on fold on it, and need no archive.
   * Undefined: it holds all facts of the node.
   */
  snapshot(node: NodeKey): Promise<NodeState | undefined>;
  /** Facts in order of version, from `fromVersion`, decided at or before `until`. */
  facts(
    node: NodeKey,
    query: { readonly fromVersion: number; readonly until?: number; readonly limit: number },
  ): Promise<readonly Fact[]>;
  /** Facts as they were published, over all nodes. */
  publishedFacts(query: PublishedFactsQuery): Promise<PublishedFacts>;
  processes(query: {
    readonly active?: boolean;
    readonly node?: NodeKey;
    readonly after?: string;
    readonly limit: number;
  }): Promise<Page<ProcessRow>>;
  process(id: ProcessId): Promise<ProcessRow | undefined>;
  commands(id: ProcessId): Promise<readonly CommandRow[]>;
  repeats(node: NodeKey): Promise<readonly RepeatRow[]>;
  /** Parked nodes, the one that was parked first first. */
  parked(query: { readonly limit: number }): Promise<readonly ParkedNode[]>;
  /** What waits for a node, in order; at most the first 100. */
  waiting(node: NodeKey): Promise<readonly WaitingRow[]>;
}

export interface FleetMember {
  readonly node: NodeKey;
  readonly pool: string;
  readonly zone: string;
  /** Those labels of the node that the guard's policy may name. */
  readonly labels: Readonly<Record<string, string>>;
  /** Not Ready, cordoned or isolated, by us or by others. */
  readonly unavailable: boolean;
  /** Runs the control plane: report only. */
  readonly controlPlane: boolean;
}

/** The guard's picture of the fleet, kept by the detector. No fresh inventory, no permit. */
export interface FleetInventory {
  /** Replaces the picture of one cluster as a whole. */
  replace(cluster: string, members: readonly FleetMember[], observedAt: number): Promise<void>;
  /** Changes the picture of one cluster in part. */
  change(
    cluster: string,
    changes: { readonly changed: readonly FleetMember[]; readonly gone: readonly NodeKey[] },
    observedAt: number,
  ): Promise<void>;
  /** Undefined: never observed. */
  picture(cluster: string): Promise<FleetPicture | undefined>;
  member(node: NodeKey): Promise<FleetMember | undefined>;
  /** Where every node of every cluster belongs, as it was last seen; in no order. */
  places(): Promise<readonly FleetPlace[]>;
}

/** Where a node belongs. */
export type FleetPlace = Pick<FleetMember, 'node' | 'pool' | 'zone' | 'labels'>;

/** Nodes that budgets can't tell apart. */
export interface FleetGroup extends Pick<FleetMember, 'pool' | 'zone' | 'labels'> {
  readonly size: number;
}

/** A cluster as the guard counts it: every node is in one group. Never changed once it was read. */
export interface FleetPicture {
  readonly cluster: string;
  readonly observedAt: number;
  readonly groups: readonly FleetGroup[];
}
