import type { Operation } from './command.js';
import type { ChangeId, NodeKey } from './identifiers.js';
import { sameJson } from './json.js';
import type { Where } from './where.js';

interface Asked {
  readonly id: ChangeId;
  /** Of one owner each key means one change, however often it is asked for. */
  readonly key: string;
  /** The authenticated subject that asks. */
  readonly owner: string;
  readonly operation: Operation;
  readonly reason: string;
  /** How long leave, or a place in a line, lasts without a sign of life, ms. */
  readonly leaseMs: number;
  /** ms */
  readonly askedAt: number;
}

/** One risky operation that somebody else wants to do to a node, and asks leave for. */
export interface NodeChange extends Asked {
  readonly node: NodeKey;
  /** The fault because of which it is done. */
  readonly faultType?: string;
  /** It is for a node that is well: it waits for that. */
  readonly onlyHealthy?: true;
  /** How long its node is watched after it is said to have succeeded, ms. Undefined: it is over at once. */
  readonly soakMs?: number;
  readonly rollout?: undefined;
}

/** What a release goes through: a cluster, or a part of it. */
interface Rollout {
  readonly cluster: string;
  readonly scope: RolloutScope;
  /** What nobody else begins there meanwhile, by the policy of when it was asked for. */
  readonly pauses: readonly Operation[];
}

/** Nothing named: the whole cluster. */
export type RolloutScope = Pick<Where, 'pools' | 'zones' | 'labels'>;

/** A release that goes through many nodes. It takes nothing of budgets: each node that it comes to is a change of its own. */
export interface RolloutChange extends Asked {
  readonly operation: 'release';
  readonly rollout: Rollout;
  readonly node?: undefined;
}

/** What somebody else wants to do, and asks leave for. */
export type Change = NodeChange | RolloutChange;

/** What it is done to, in words for people. */
export function placeOfChange({ node, rollout }: Change): string {
  return node ?? `in cluster ${rollout.cluster}`;
}

/** What the client says of a change when it is over. */
export const outcomesOfChange = ['succeeded', 'failed', 'cancelled'] as const;
export type OutcomeOfChange = (typeof outcomesOfChange)[number];

/**
 * `lost`: leave was taken back, since its lease ran out. `abandoned`: nobody asked again before leave was given. `regressed`: it was
 * said to have succeeded, and its node was not well while it was watched.
 */
export const endsOfChange = [...outcomesOfChange, 'lost', 'abandoned', 'regressed'] as const;

export interface EndOfChange {
  readonly how: (typeof endsOfChange)[number];
  /** An authenticated subject, or `faultline`. */
  readonly by: string;
  readonly message?: string;
  /** ms */
  readonly at: number;
}

/** What its client said of a change, whose node is watched before that is taken for true. */
export interface Soak {
  readonly said: EndOfChange;
  /** ms */
  readonly until: number;
}

/** Whether both ask for the same, whenever they do and under whatever id. */
export function isSameChange(left: Change, right: Change): boolean {
  return (
    left.key === right.key &&
    left.owner === right.owner &&
    left.operation === right.operation &&
    left.reason === right.reason &&
    left.leaseMs === right.leaseMs &&
    sameJson(aboutOf(left), aboutOf(right))
  );
}

/** What a policy says of it may have changed since, and is no part of the question. */
function aboutOf(change: Change): object {
  if (change.rollout === undefined) {
    const { node, faultType, onlyHealthy } = change;
    return { node, faultType, onlyHealthy };
  }
  const { cluster, scope } = change.rollout;
  return { cluster, scope };
}
