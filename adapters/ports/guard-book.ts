import type { CommandType } from '../../domain/command.js';
import type { CommandId, NodeKey, PauseId, ProcessId } from '../../domain/identifiers.js';
import type { MetricJudgement, MetricVerdict, StandingVerdict } from '../../domain/metric-verdict.js';
import type { EndOfPause, Incident, Pause, Verdict } from '../../domain/pause.js';
import type { Where } from '../../domain/where.js';
import type { Page } from './journal.js';

/** What became of pauses is told in the order in which it came about. */
export interface PauseNews {
  /**
   * Hands what was not told yet to the outbox, the oldest first and each once, however many copies do so. Returns how many changes that were: `limit`
   * when there may be more. What a copy of an older release does is told by whoever comes next.
   */
  tell(limit: number): Promise<number>;
}

/** What the guard goes by beside its policy. */
export interface GuardPresent {
  /** Counts up with every pause that begins or ends, and every verdict that is recorded. */
  readonly version: number;
  /** In force, oldest first. Those whose time is over are among them until somebody ends them. */
  readonly pauses: readonly Pause[];
  /** The latest of each metric that was ever judged, by name. */
  readonly verdicts: readonly StandingVerdict[];
}

/** A pause that was begun once, and how it ended. */
export interface PauseRow {
  readonly pause: Pause;
  readonly ended?: EndOfPause;
}

/** A process that was begun: a node with a new fault. */
export interface FaultCase {
  readonly node: NodeKey;
  readonly processId: ProcessId;
  /** Where the process stands, or how it ended. */
  readonly stage: string;
  readonly faultType: string;
  readonly reporter?: string;
  /** When it began by the log's clock; or, if that was asked for, when it was decided, where that was later, ms. */
  readonly at: number;
  /** When it came to its stage, ms. Undefined: it is over. */
  readonly enteredAt?: number;
}

export interface CasesQuery {
  readonly since: number;
  /** Only those that still run. */
  readonly active?: true;
  /** Those that still run count from when they were decided: what was read late from the log is news all the same. */
  readonly byDecision?: true;
  readonly limit: number;
}

/** What was seen there until then is nothing new. */
export interface AnsweredIncident {
  readonly where: Where;
  /** ms */
  readonly at: number;
}

/** A command that waits for leave, with the reason. */
export interface WaitingForLeave {
  readonly commandId: CommandId;
  readonly processId: ProcessId;
  readonly node: NodeKey;
  readonly type: CommandType;
  readonly faultType: string;
  /** As `BudgetFull: isolate/in-flight/a`. */
  readonly reason: string;
  /** Its place among all who wait in the same line, ours and others; 1 is asked next. Undefined: it waits in none. */
  readonly place?: number;
  readonly waitingSince: number;
  /** When it is asked again at the latest, ms. */
  readonly askedAgainAt: number;
}

export interface WaitingQuery {
  readonly node?: NodeKey;
  readonly limit: number;
  /** ms: by which leases are judged. */
  readonly now: number;
}

/** What the guard remembers: pauses and incidents, begun and ended. Nothing is ever taken out. */
export interface GuardBook {
  present(): Promise<GuardPresent>;
  /** False: one of that key is in force, so nothing was begun. */
  begin(pause: Pause): Promise<boolean>;
  /** What is known of an incident in force now. False: it is over, or was denied meanwhile. */
  update(id: PauseId, incident: Incident): Promise<boolean>;
  /** A person says no to what a pause asks. False: none with a question is in force with this id, or it was denied before. */
  deny(id: PauseId, verdict: Verdict): Promise<boolean>;
  /** False: it is over, or never was. */
  end(id: PauseId, end: EndOfPause): Promise<boolean>;
  /** Incidents that were answered at or after `since` (ms), by whatever but a greater one that they joined. */
  answeredSince(since: number): Promise<readonly AnsweredIncident[]>;
  /** In force or over. */
  find(id: PauseId): Promise<PauseRow | undefined>;
  /** Newest first. */
  history(query: { readonly after?: string; readonly limit: number }): Promise<Page<PauseRow>>;
  /**
   * What was seen of a metric: from now on the latest. It is recorded for good when it says something else than the one before,
   * or when that was recorded ten minutes ago.
   */
  judge(judgement: MetricJudgement): Promise<void>;
  /** Recorded verdicts, newest first. */
  verdicts(query: {
    readonly metric?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<Page<MetricVerdict>>;
  /** Processes whose `at` is `since` (ms) or later, oldest first; of a node's fault, so none that reclaims a node. */
  cases(query: CasesQuery): Promise<readonly FaultCase[]>;
  /** Heads of the queue that wait for leave, by rank. Changes of others stand in the same lines as long as their leases last. */
  waiting(query: WaitingQuery): Promise<readonly WaitingForLeave[]>;
  /** Counters of which something is taken, by name; windows of rates that are over are among them. */
  counters(): Promise<readonly { readonly counter: string; readonly used: number }[]>;
}
