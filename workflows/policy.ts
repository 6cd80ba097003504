import type { FaultType } from '../domain/fault.js';
import { namesOf } from '../domain/identifiers.js';
import type { NodeState, Recipe, WorkflowName } from '../domain/node-state.js';

/** One step of a ladder: this workflow, at most so many times on one node within the window. */
export interface Rung {
  readonly workflow: WorkflowName;
  readonly attempts: number;
  readonly perMs: number;
}

/** What `faultline.yaml` says, compiled: complete, in milliseconds, without defaults left to fill in. */
export interface Policy {
  /** Digest of the configuration; recorded with each process that it starts. */
  readonly version: string;
  /** Workflows to try, in order, per fault type. An empty ladder asks a person at once. */
  readonly ladders: Readonly<Record<FaultType, readonly Rung[]>>;
  readonly recipes: Readonly<Record<FaultType, Recipe>>;
  readonly mode: {
    readonly byDefault: 'observe' | 'active';
    readonly byCluster: Readonly<Record<string, 'observe' | 'active'>>;
    readonly byPool: Readonly<Record<string, 'observe' | 'active'>>;
    readonly byFaultType: { readonly [Type in FaultType]?: 'observe' | 'active' };
  };
  /** For this long after a recovery, reports of a source that gives no boot id open nothing. */
  readonly settleTimeMs: { readonly byDefault: number; readonly bySource: Readonly<Record<string, number>> };
}

/**
 * The mode for a node and fault type: `observe` wins wherever it is said, so that adding a line can only make Faultline
 * more careful. Where the node's pool is not known yet, the executor still withholds by what it reads of the node.
 */
export function modeOf(
  policy: Policy,
  { node, pool }: Pick<NodeState, 'node' | 'pool'>,
  faultType: FaultType,
): 'observe' | 'active' {
  const { byDefault, byCluster, byFaultType } = policy.mode;
  if (byFaultType[faultType] === 'observe' || poolWithholds(policy, pool)) return 'observe';
  return byCluster[namesOf(node).cluster] ?? byDefault;
}

/** Whether the pool of a node withholds what the process was allowed to do. */
export function poolWithholds(policy: Policy, pool: string | undefined): boolean {
  return pool !== undefined && policy.mode.byPool[pool] === 'observe';
}

export function settleTimeMs(policy: Policy, source: string): number {
  return policy.settleTimeMs.bySource[source] ?? policy.settleTimeMs.byDefault;
}
