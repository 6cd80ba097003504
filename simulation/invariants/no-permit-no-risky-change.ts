import type { KubernetesNode } from '../../adapters/ports/kubernetes.js';
import { isolationTaint } from '../../adapters/ports/node-marks.js';
import type { CommandType } from '../../domain/command.js';
import { namesOf, type NodeKey } from '../../domain/identifiers.js';
import type { Happening } from '../world/happening.js';
import type { Invariant } from './invariant.js';

const risky: ReadonlySet<CommandType> = new Set([
  'isolateNode',
  'requestMigration',
  'deleteWorkload',
  'restartComponent',
  'powerOff',
  'reimage',
]);

export interface Limits {
  /** Nodes that may be out by us at once. */
  readonly isolated: number;
  /** An older inventory gives no permit, ms. */
  readonly inventoryAgeMs: number;
}

/** 7. No permit, no risky change; no fresh inventory, no permit; never more nodes out at once than the limit says. */
export function noPermitNoRiskyChange(limits: Limits, nodes: ReadonlyMap<string, KubernetesNode>): Invariant {
  const isolated = new Set<NodeKey>();
  let inventoryAt = -Infinity;
  let wasLost = false;
  const onClaim = (
    { command, budgets, attempt }: Extract<Happening, { kind: 'claimed' }>,
    at: number,
  ): string | undefined => {
    if (!risky.has(command.type) || attempt > 1) return undefined;
    if (budgets.length === 0) return `${command.type} ${command.id} was begun without a permit`;
    return at - inventoryAt > limits.inventoryAgeMs
      ? `${command.type} ${command.id} was permitted ${at - inventoryAt} ms after the last look at the fleet`
      : undefined;
  };
  const tooMany = (patch: Extract<Happening, { kind: 'node patched' }>): string | undefined => {
    const { node, before, after } = patch;
    // Those that a lost journal had isolated hold no permits any more; a node that is out anyway takes nothing more away.
    if (wasLost && isOut(before)) return undefined;
    if (isolationTaint(after) === undefined) isolated.delete(node);
    else isolated.add(node);
    if (isolated.size <= limits.isolated) return undefined;
    // Some may have been deleted, or were given back by others.
    for (const one of isolated) if (!isIsolated(nodes.get(namesOf(one).node))) isolated.delete(one);
    return isolated.size > limits.isolated ? `${[...isolated].join(', ')} are isolated at once` : undefined;
  };
  return {
    name: 'no permit, no risky change, and never more nodes out at once than the limit says',
    after: (happening, at) => {
      if (happening.kind === 'inventory told') inventoryAt = at;
      if (happening.kind === 'journal lost') wasLost = true;
      if (happening.kind === 'claimed') return onClaim(happening, at);
      return happening.kind === 'node patched' ? tooMany(happening) : undefined;
    },
  };
}

function isOut({ spec, status }: KubernetesNode): boolean {
  const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
  return spec.unschedulable === true || ready !== 'True';
}

function isIsolated(node: KubernetesNode | undefined): boolean {
  return node !== undefined && isolationTaint(node) !== undefined;
}
