import { isDeepStrictEqual } from 'node:util';
import { isNodeName, nodeKey, type ClusterName, type NodeKey } from '../../domain/identifiers.js';
import type { FleetMember } from '../../adapters/ports/journal.js';
import type { KubernetesNode } from '../../adapters/ports/kubernetes.js';
import { isolationTaint, isProtected } from '../../adapters/ports/node-marks.js';

export interface MemberLabels {
  readonly poolLabel: string;
  readonly zoneLabel: string;
  /** Further labels that the guard's policy may name. */
  readonly guardLabels: readonly string[];
}

/** Undefined for a name that no node of ours can have. */
export function keyOf(cluster: ClusterName, name: string): NodeKey | undefined {
  return isNodeName(name) ? nodeKey(cluster, name) : undefined;
}

/**
 * A node as the change guard counts it. What stands on it counts, whoever put it there: nodes that hold a permit of ours are
 * not counted a second time, and those that a journal had isolated which is lost hold none.
 */
export function memberOf(node: KubernetesNode, key: NodeKey, options: MemberLabels): FleetMember {
  const labels = node.metadata.labels ?? {};
  const ready = node.status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  return {
    node: key,
    pool: labels[options.poolLabel] ?? 'default',
    zone: labels[options.zoneLabel] ?? 'default',
    labels: Object.fromEntries(
      options.guardLabels.flatMap((label) => {
        const value = labels[label];
        return value === undefined ? [] : [[label, value] as const];
      }),
    ),
    unavailable: !ready || node.spec.unschedulable === true || isolationTaint(node) !== undefined,
    controlPlane: isProtected(node),
  };
}

export function sameMember(left: FleetMember | undefined, right: FleetMember): boolean {
  return isDeepStrictEqual(left, right);
}
