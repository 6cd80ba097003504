import type { ExpectedIdentity, NodeObservation } from '../../domain/command.js';
import type { BootId, MachineId, NodeUid } from '../../domain/identifiers.js';
import type { KubernetesAnswer, KubernetesNode } from '../../adapters/ports/kubernetes.js';
import { failed, nodeGone, type Ending, type World } from './effect.js';
import {
  annotation,
  holdAnnotation,
  isolatedBy,
  isolationTaint,
  ownerMark,
} from '../../adapters/ports/node-marks.js';
import type { ExecutorSettings } from './settings.js';
import type { ProcessId } from '../../domain/identifiers.js';

/** The present of a node in the words of the domain. */
export function observationOf(node: KubernetesNode, settings: ExecutorSettings): NodeObservation {
  const conditions = node.status.conditions ?? [];
  const hold = annotation(node, holdAnnotation);
  const pool = node.metadata.labels?.[settings.poolLabel];
  const image = node.status.nodeInfo?.osImage;
  const process = isolatedBy(node, settings.installation);
  return {
    ...identityOf(node),
    ready: conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown',
    conditions: Object.fromEntries(
      conditions.filter(({ type }) => type !== 'Ready').map(({ type, status }) => [type, status]),
    ),
    unschedulable: node.spec.unschedulable === true,
    ...(process === undefined ? {} : { isolatedBy: process }),
    ...(hold === undefined ? {} : { hold }),
    ...(image === undefined || image === '' ? {} : { image }),
    ...(pool === undefined ? {} : { pool }),
  };
}

/** Identifiers are whatever the API server gives out; an empty text is no identifier. */
function identityOf(node: KubernetesNode): { nodeUid: NodeUid; bootId?: BootId; machineId?: MachineId } {
  const { nodeInfo } = node.status;
  const bootId = nodeInfo?.bootID ?? '';
  const machineId = node.spec.providerID ?? nodeInfo?.systemUUID ?? '';
  return {
    nodeUid: node.metadata.uid as NodeUid,
    ...(bootId === '' ? {} : { bootId: bootId as BootId }),
    ...(machineId === '' ? {} : { machineId: machineId as MachineId }),
  };
}

/** Another incarnation of the node than the process knows. `boot`: another boot counts too. */
export function isSomeoneElse(
  observation: NodeObservation,
  expected: ExpectedIdentity,
  counts: { readonly boot: boolean },
): boolean {
  const differs = (wanted: string | undefined, seen: string | undefined): boolean =>
    wanted !== undefined && seen !== undefined && wanted !== seen;
  return (
    differs(expected.nodeUid, observation.nodeUid) ||
    differs(expected.machineId, observation.machineId) ||
    (counts.boot && differs(expected.bootId, observation.bootId))
  );
}

/** Reads the node, or says how the command ends without it. */
export async function readNode(world: World): Promise<KubernetesNode | Ending> {
  const answer = await world.cluster.getNode(world.nodeName);
  return answer.kind === 'ok' ? answer.value : endingOf(answer);
}

export function isEnding(value: object): value is Ending {
  return 'kind' in value;
}

/** What a refusal of the API server means for a command about a node. */
export function endingOf(answer: Exclude<KubernetesAnswer<unknown>, { readonly kind: 'ok' }>): Ending {
  switch (answer.kind) {
    case 'notFound':
      return nodeGone;
    case 'forbidden':
      return failed(`Forbidden: ${answer.message}`);
    case 'misconfigured':
      return failed(`Misconfigured: ${answer.message}`);
    case 'throttled':
      return { kind: 'later', reason: 'Throttled', afterMs: answer.retryAfterMs };
    case 'disruptionBudget':
      return { kind: 'later', reason: 'DisruptionBudget', afterMs: answer.retryAfterMs };
    case 'conflict':
    case 'unprocessable':
      return { kind: 'later', reason: `ChangedMeanwhile: ${answer.message}` };
    case 'unreachable':
    case 'uncertain':
      return { kind: 'later', reason: `NoAnswer: ${answer.message}` };
  }
}

/**
 * What has to hold before anything harmful happens to a node that we hold: the same machine, node and boot; still
 * isolated by this process; no person's hold. Undefined: it holds.
 */
export function whyNotOurs(
  node: KubernetesNode,
  command: { readonly expected: ExpectedIdentity; readonly processId: ProcessId },
  settings: ExecutorSettings,
  counts: { readonly boot: boolean } = { boot: true },
): Ending | undefined {
  const observation = observationOf(node, settings);
  if (isSomeoneElse(observation, command.expected, counts)) return failed('IdentityChanged', { observation });
  if (isolationTaint(node)?.value !== ownerMark(settings.installation, command.processId)) {
    return failed('NotIsolated', { observation });
  }
  if (observation.hold !== undefined) return failed('Held', { observation, hold: observation.hold });
  return undefined;
}
