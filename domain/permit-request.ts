import type { Change, RolloutScope } from './change.js';
import { commandCatalog, type Command, type Operation } from './command.js';
import type { NodeKey } from './identifiers.js';

/** Leave that is asked for: to do one risky operation to one node. */
export interface PermitRequest {
  readonly operation: Operation;
  readonly node: NodeKey;
  /** Who wants to do it: `faultline`, or the subject that asked over HTTP. */
  readonly owner: string;
  readonly faultType?: string;
  /** Who reported the fault first. */
  readonly reporter?: string;
}

/** The same for a release that goes through a cluster, or a part of it. */
export interface RolloutRequest {
  readonly operation: 'release';
  readonly cluster: string;
  readonly scope: RolloutScope;
  readonly owner: string;
  readonly node?: undefined;
}

/** Who asks for what our own processes do. */
export const ownOwner = 'faultline';

/** What a command of ours needs leave for; undefined: for nothing. */
export function requestOf({ type, node, faultType, reporter }: Command): PermitRequest | undefined {
  const operation = commandCatalog[type].permit;
  if (operation === undefined) return undefined;
  return {
    operation,
    node,
    owner: ownOwner,
    faultType,
    ...(reporter === undefined ? {} : { reporter }),
  };
}

/** What a change of somebody else needs leave for. */
export function requestOfChange(change: Change): PermitRequest | RolloutRequest {
  const { operation, owner } = change;
  if (change.rollout !== undefined) {
    const { cluster, scope } = change.rollout;
    return { operation: change.operation, cluster, scope, owner };
  }
  const { node, faultType } = change;
  return { node, operation, owner, ...(faultType === undefined ? {} : { faultType }) };
}
