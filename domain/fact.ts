import type { CauseId, NodeKey, ProcessId } from './identifiers.js';
import type { JsonObject, MergePatch } from './json.js';

/** Everything that can be said to have happened. Past tense; published names derive from these. */
export const factTypes = [
  'FaultOpened',
  'FaultRecurred',
  'FaultSourceCleared',
  'FaultCleared',
  'NodeAppeared',
  'NodeDeleted',
  'NodeRebooted',
  'NodeRelabelled',
  'ProcessStarted',
  'StageEntered',
  'ProcessAdvanced',
  'FaultJoined',
  'FaultLeft',
  'FaultTakenUp',
  'CommandSettled',
  'MigrationRequested',
  'MigrationProgressed',
  'OrderTaken',
  'OrderRefused',
  'WorkflowChanged',
  'PersonAsked',
  'StageOverdue',
  'ProcessEnded',
  'SignalIgnoredAsStale',
  'InputLost',
  'IsolationOrphaned',
  'NodeParked',
  'NodeUnparked',
] as const;
export type FactType = (typeof factTypes)[number];

/** What a fact tells: all but how it changes the state. */
export type ToldFact = Omit<Fact, 'patch' | 'evolveVersion'>;

/**
 * Something that happened to one node. Never rewritten. `patch` turns the state before into the state after, so that
 * replay needs neither guards nor machines.
 */
export interface Fact {
  readonly node: NodeKey;
  /** 1, 2, 3… per node, without gaps. */
  readonly version: number;
  readonly type: FactType;
  /** Logical time of the decision, ms. */
  readonly at: number;
  /** The input that caused it; facts of one input share it. */
  readonly causeId: CauseId;
  readonly processId?: ProcessId;
  readonly data: JsonObject;
  readonly patch: MergePatch;
  /** Rules under which the patch is to be folded. */
  readonly evolveVersion: 1;
}
