import type { FaultType } from '../domain/fault.js';
import { namesOf, type NodeKey } from '../domain/identifiers.js';
import type { NodeState, Recipe, WorkflowName } from '../domain/node-state.js';

/** One step of a ladder: this workflow, at most so many times on one node within the window. */
export interface Rung {
  readonly workflow: WorkflowName;
  readonly attempts: number;
  readonly perMs: number;
}

type Mode = 'observe' | 'active';

/** What `faultline.yaml` says, compiled: complete, in milliseconds, without defaults left to fill in. */
export interface Policy {
  /** Digest of the configuration; recorded with each process that it starts. */
  readonly version: string;
  /** Workflows to try, in order, per fault type. An empty ladder asks a person at once. */
  readonly ladders: Readonly<Record<FaultType, readonly Rung[]>>;
  readonly recipes: Readonly<Record<FaultType, Recipe>>;
  readonly mode: {
    readonly byDefault: Mode;
    readonly byCluster: Readonly<Record<string, Mode>>;
    readonly byPool: Readonly<Record<string, Mode>>;
    readonly byFaultType: { readonly [Type in FaultType]?: Mode };
  };
  /** For this long after a recovery, reports of a source that gives no boot id open nothing. */
  readonly settleTimeMs: { readonly byDefault: number; readonly bySource: Readonly<Record<string, number>> };
}

/** What one of them says; undefined: nothing. */
function modesSaid(
  { byCluster, byPool, byFaultType }: Policy['mode'],
  about: { readonly cluster: string; readonly pool: string | undefined; readonly faultType?: FaultType },
): readonly (Mode | undefined)[] {
  const { cluster, pool, faultType } = about;
  return [
    said(byCluster, cluster),
    pool === undefined ? undefined : said(byPool, pool),
    faultType === undefined ? undefined : byFaultType[faultType],
  ];
}

/** Names of clusters and pools are anybody's: `constructor` says nothing. */
function said(modes: Readonly<Record<string, Mode>>, name: string): Mode | undefined {
  return Object.hasOwn(modes, name) ? modes[name] : undefined;
}

/** `observe` wins wherever it is said; else `active` wherever it is said; where nothing is said, the default. */
function modeBy(said: readonly (Mode | undefined)[], byDefault: Mode): Mode {
  if (said.includes('observe')) return 'observe';
  return said.includes('active') ? 'active' : byDefault;
}

/**
 * The mode for a node and fault type, by what is said of its cluster, its pool and the fault type. Where the node's pool is not
 * known yet, it can't lift the default, and the executor still withholds by what it reads of the node.
 */
export function modeOf(
  policy: Policy,
  { node, pool }: Pick<NodeState, 'node' | 'pool'>,
  faultType: FaultType,
): Mode {
  const { cluster } = namesOf(node);
  return modeBy(modesSaid(policy.mode, { cluster, pool, faultType }), policy.mode.byDefault);
}

/** The mode of a node for what is done there without a fault. */
export function modeOfNode(policy: Policy, node: NodeKey, pool: string | undefined): Mode {
  const { cluster } = namesOf(node);
  return modeBy(modesSaid(policy.mode, { cluster, pool }), policy.mode.byDefault);
}

/** Whether anything at all may be done in a cluster: for some pool or fault type, if not for all. */
export function mayActIn({ mode }: Pick<Policy, 'mode'>, cluster: string): boolean {
  const own = said(mode.byCluster, cluster);
  if (own !== undefined) return own === 'active';
  const lifting = [...Object.values(mode.byPool), ...Object.values(mode.byFaultType)];
  return mode.byDefault === 'active' || lifting.includes('active');
}

/** Whether the pool of a node withholds what the process was allowed to do. */
export function poolWithholds(policy: Policy, pool: string | undefined): boolean {
  return pool !== undefined && said(policy.mode.byPool, pool) === 'observe';
}

export function settleTimeMs(policy: Policy, source: string): number {
  return policy.settleTimeMs.bySource[source] ?? policy.settleTimeMs.byDefault;
}
