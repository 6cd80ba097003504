import type { CommandType, Operation, ResultStatus } from '../../domain/command.js';
import type { MigrationStatus, OrderKind } from '../../domain/signal.js';
import type { AdvanceResult } from './journal.js';

/*
 * What services tell of their own work, for whoever watches Faultline. Nothing is decided by it: it is told after the
 * fact, costs next to nothing and never throws. Each service knows only its own part.
 */

/** Why one report of a request was not taken. */
export type RejectionCause = 'invalid' | 'forbidden' | 'refused-by-log';

export interface IntakeMetrics {
  reportsAccepted(count: number): void;
  reportRejected(cause: RejectionCause): void;
  /** A request that was refused as a whole, by the kind of its problem: `overloaded`, `unauthorized`… */
  requestRefused(kind: string): void;
  /** Gives how many records wait for the event log or are on their way; asked whenever somebody looks. */
  appendQueue(waiting: () => number): void;
}

export interface MaintenanceMetrics {
  /**
   * One batch was decided.
   * @param waitedMs since its oldest record was appended
   */
  inputsAdvanced(topic: string, result: AdvanceResult, waitedMs: number): void;
  /** Records that could not be decoded, and went to the dead letters. */
  recordsUndecodable(topic: string, count: number): void;
}

/** How one attempt at an effect ended. `later`: it is tried again; `lost`: its end is to be observed by the next claim. */
export type EffectResult = ResultStatus | 'later' | 'lost';

export interface ExecutorMetrics {
  /** An effect was attempted under a claim. */
  effectAttempted(type: CommandType, result: EffectResult, durationMs: number): void;
  /** A command has its result, attempted or not. */
  commandSettled(type: CommandType, status: ResultStatus): void;
  /** No leave; `reason` begins with one word. */
  permitRefused(operation: Operation, reason: string): void;
}

/** Changes of others that the guard gave leave for. */
export interface ChangeMetrics {
  /** Leave was taken back from a client that gave no sign of life. */
  changeLost(operation: Operation): void;
  /** It was said to have succeeded, and its node was not well while it was watched. */
  changeRegressed(operation: Operation): void;
}

/** Which policy of the guard this process goes by. */
export interface GuardPolicyMetrics {
  policyInForce(version: string): void;
  /** What the file says now can not be taken up, so that an older one holds; or it can again. */
  policyRefused(isRefused: boolean): void;
}

export interface RelayMetrics {
  /** @param ageMs of the first of them: from when it happened until the log had it; undefined: it does not say when */
  recordsPublished(topic: string, count: number, ageMs: number | undefined): void;
  /** The log will never take this record. */
  recordRefused(topic: string): void;
}

/** Subscribers by HTTP. */
export interface StreamMetrics {
  /** Gives how many there are, and how old the oldest event is that waits for one; asked whenever somebody looks. */
  eventStreams(look: () => { readonly streams: number; readonly lagMs: number }): void;
  eventsStreamed(count: number): void;
  /** One was too slow. */
  streamCutOff(): void;
}

/** Traces on their way to a collector. */
export interface TracerMetrics {
  spansExported(count: number): void;
  /** The collector will never take them. */
  spansRefused(count: number): void;
}

/** A subscriber by webhook as the copy that serves it sees it. */
export interface WebhookFigure {
  readonly name: string;
  /** Age of the oldest event that it has not got (dead ones aside), or that was not looked at for it yet; 0: none. */
  readonly lagMs: number;
  readonly waiting: number;
  readonly dead: number;
  readonly isPaused: boolean;
}

/** How one request ended. `hold`: it asked for a rest; `gone`: it wants no more. */
export type WebhookResult = 'delivered' | 'refused' | 'timeout' | 'unreachable' | 'hold' | 'gone';

export interface WebhookMetrics {
  /** Gives those that this copy serves; asked whenever somebody looks. */
  webhookSubscribers(look: () => readonly WebhookFigure[]): void;
  webhookAttempted(subscriber: string, result: WebhookResult): void;
  /** The log deleted so many records before they were looked at for it. */
  webhookForgotten(subscriber: string, records: number): void;
}

/** States of nodes on their way to their topic. */
export interface NodeStateMetrics {
  /** Gives how old the oldest change is that is not told yet, ms; 0: there is none, or another copy tells. Asked whenever somebody looks. */
  nodeStatesLag(look: () => number): void;
  nodeStatesTold(count: number): void;
}

/** Facts of long ago that move into files. */
export interface ArchiveMetrics {
  archiveRun(result: 'done' | 'failed'): void;
}

/** What the composition sees of the services that know nothing of metrics: it carries what they say. */
export interface CarriedMetrics {
  detectorReported(cluster: string): void;
  podReplied(status: MigrationStatus): void;
  orderGiven(order: OrderKind): void;
}

/** Of all services of one process. */
export interface ServiceMetrics
  extends
    IntakeMetrics,
    MaintenanceMetrics,
    ExecutorMetrics,
    ChangeMetrics,
    GuardPolicyMetrics,
    RelayMetrics,
    StreamMetrics,
    TracerMetrics,
    WebhookMetrics,
    NodeStateMetrics,
    ArchiveMetrics,
    CarriedMetrics {}
