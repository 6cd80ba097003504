import type { KubernetesNode, KubernetesPod, NodeCondition } from '../../adapters/ports/kubernetes.js';
import type { Machine } from './machine.js';

/** Conditions that the node's problem detector states, whether good or bad. */
export const statedConditions = ['KernelDeadlock', 'KubeletUnhealthy', 'XfsShutdown'] as const;

/** A node as its kubelet registers it. */
export function registeredNode(machine: Machine, now: number): KubernetesNode {
  const ready: NodeCondition = { type: 'Ready', status: 'True', lastTransitionTime: stamp(now) };
  return withStatus(
    {
      metadata: {
        name: machine.name,
        uid: '',
        resourceVersion: '0',
        labels: { 'faultline.dev/pool': 'general' },
      },
      spec: { providerID: `machine-${machine.name}` },
      status: { conditions: [ready] },
    },
    machine,
    now,
  );
}

/** The node's status as its kubelet states it now. */
export function withStatus(node: KubernetesNode, machine: Machine, now: number): KubernetesNode {
  const bad = new Set(machine.defects.map(({ condition }) => condition));
  const wanted: readonly (readonly [string, NodeCondition['status']])[] = [
    ['Ready', 'True'],
    ...statedConditions.map((type) => [type, bad.has(type) ? 'True' : 'False'] as const),
  ];
  return {
    ...node,
    status: {
      conditions: wanted.map(([type, status]) => conditionOf(node, type, status, now)),
      nodeInfo: { bootID: machine.bootId, systemUUID: `system-${machine.name}`, osImage: machine.image },
    },
  };
}

/** What the node lifecycle controller makes of a kubelet that is not heard any more. */
export function withoutHeartbeat(node: KubernetesNode, now: number): KubernetesNode {
  const conditions = (node.status.conditions ?? []).map(({ type, status }) =>
    conditionOf(node, type, type === 'Ready' ? 'Unknown' : status, now),
  );
  return { ...node, status: { ...node.status, conditions } };
}

function conditionOf(
  node: KubernetesNode,
  type: string,
  status: NodeCondition['status'],
  now: number,
): NodeCondition {
  const before = node.status.conditions?.find((condition) => condition.type === type);
  return before?.status === status ? before : { type, status, lastTransitionTime: stamp(now) };
}

/** Who set `spec.unschedulable`, as the API server keeps book of it: whoever changed it last. */
export function managersOf(
  before: KubernetesNode | undefined,
  after: KubernetesNode,
  by: string,
): Pick<KubernetesNode['metadata'], 'managedFields'> {
  if (after.spec.unschedulable !== true) return {};
  const known = before?.metadata.managedFields;
  if (before?.spec.unschedulable === true) return known === undefined ? {} : { managedFields: known };
  return { managedFields: [{ manager: by, fieldsV1: { 'f:spec': { 'f:unschedulable': {} } } }] };
}

export function newPod(
  pod: { readonly name: string; readonly uid: string; readonly nodeName: string },
  owner: 'ReplicaSet' | 'DaemonSet',
): KubernetesPod {
  return {
    metadata: {
      name: pod.name,
      namespace: 'shop',
      uid: pod.uid,
      resourceVersion: '0',
      ownerReferences: [{ kind: owner, name: 'app', controller: true }],
    },
    spec: { nodeName: pod.nodeName },
    status: { phase: 'Running' },
  };
}

function stamp(now: number): string {
  return new Date(now).toISOString();
}
