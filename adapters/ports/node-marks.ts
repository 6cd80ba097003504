import type { ProcessId } from '../../domain/identifiers.js';
import type { KubernetesNode, KubernetesPod, Taint } from './kubernetes.js';

/** What Faultline writes on nodes and pods. These names are a contract with people and other software. */
export const maintenanceTaint = 'faultline.dev/maintenance';
export const outOfServiceTaint = 'node.kubernetes.io/out-of-service';
export const holdAnnotation = 'faultline.dev/hold';
/** In whose name the API server writes down what we change: releases that did not say so had it from their user agent. */
export const fieldManager = 'faultline';
/** Who cordoned the node at first; without it the cordon is a person's. Whose it is now, `cordonOf` says. */
export const cordonedByAnnotation = 'faultline.dev/cordoned-by';
/** Whose the out-of-service taint is. */
export const fencedByAnnotation = 'faultline.dev/fenced-by';
/** Earlier values of the autoscalers' annotations, to be restored. */
export const restoreAnnotation = 'faultline.dev/restore-annotations';
/** Autoscalers must not remove a machine that is being repaired. */
export const autoscalerAnnotations = [
  'cluster-autoscaler.kubernetes.io/scale-down-disabled',
  'karpenter.sh/do-not-disrupt',
] as const;
/** Nodes that are never isolated unless the settings allow it: they run Faultline, Kafka or PostgreSQL. */
export const protectedLabel = 'faultline.dev/protected';
/**
 * The change that has leave to delete the node. A label, so that those which nobody may use any more are found among a hundred
 * thousand nodes with one small list.
 */
export const permitLabel = 'faultline.dev/permit';
/** Who asked for that change: nobody else is to use it. */
export const permitOwnerAnnotation = 'faultline.dev/permit-owner';
export const migrationLabel = 'faultline.dev/migration';
export const processAnnotation = 'faultline.dev/process';
export const migrationDeadlineAnnotation = 'faultline.dev/migration-deadline';
export const migrationReasonAnnotation = 'faultline.dev/migration-reason';

const controlPlaneLabels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** Who owns what stands on a node: `<installation>.<process id>`, as in the taint's value. */
export function ownerMark(installation: string, processId: ProcessId): string {
  return `${installation}.${processId}`;
}

export function isolationTaint(node: KubernetesNode): Taint | undefined {
  return node.spec.taints?.find(({ key }) => key === maintenanceTaint);
}

export function fencingTaint(node: KubernetesNode): Taint | undefined {
  return node.spec.taints?.find(({ key }) => key === outOfServiceTaint);
}

/** The process of this installation that isolated the node, if one did. */
export function isolatedBy(node: KubernetesNode, installation: string): ProcessId | undefined {
  const value = isolationTaint(node)?.value;
  if (value?.startsWith(`${installation}.`) !== true) return undefined;
  const process = value.slice(installation.length + 1);
  return isProcessId(process) ? process : undefined;
}

function isProcessId(text: string): text is ProcessId {
  return text.startsWith('p-');
}

export function annotation(object: KubernetesNode | KubernetesPod, key: string): string | undefined {
  return object.metadata.annotations?.[key];
}

/**
 * Whose the cordon of a node is, for the owner of its isolation. The annotation outlives an uncordon by a person, and then
 * a cordon by a person looks like ours; so the API server has to say, too, that it was us who set `spec.unschedulable` last.
 * `doubtful`: the annotation is there and the server says otherwise, or nothing.
 */
export function cordonOf(node: KubernetesNode, owner: string): 'none' | 'ours' | 'doubtful' | 'theirs' {
  if (node.spec.unschedulable !== true) return 'none';
  if (annotation(node, cordonedByAnnotation) !== owner) return 'theirs';
  const managers = node.metadata.managedFields ?? [];
  const isOurs = managers.length > 0 && managers.every(({ manager }) => manager === fieldManager);
  return isOurs ? 'ours' : 'doubtful';
}

export function isProtected(node: KubernetesNode): boolean {
  const labels = node.metadata.labels ?? {};
  return [...controlPlaneLabels, protectedLabel].some((label) => Object.hasOwn(labels, label));
}

/** A part of a JSON pointer (RFC 6901). */
export function pointerPart(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
