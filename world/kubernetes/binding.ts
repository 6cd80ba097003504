import type { ClusterState } from './cluster-state.js';
import type { JsonObject, StoredObject } from './kubernetes-object.js';
import { objectAt, textAt } from './kubernetes-object.js';
import { conditionsOf, nodeNameOf } from './node-and-pod.js';
import { pods } from './resources.js';
import { conflict, invalid, success } from './status.js';
import { required } from './metadata-rules.js';

/** Assigns the pod to a node, once. Throws 409 when it is assigned or going, 422 without a target. */
export function bindPod(state: ClusterState, pod: StoredObject, binding: JsonObject): JsonObject {
  const nodeName = textAt(objectAt(binding, 'target'), 'name') ?? '';
  const { name } = pod.metadata;
  if (nodeName === '') throw invalid({ ...pods, kind: 'Binding' }, name, [required('target.name')]);
  const details = { name, kind: 'pods/binding' };
  const present = nodeNameOf(pod);
  if (present !== undefined) {
    throw conflict('pods/binding', name, `pod ${name} is already assigned to node "${present}"`, details);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(
      'pods/binding',
      name,
      `pod ${name} is being deleted, cannot be assigned to a host`,
      details,
    );
  }
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: state.nowStamp(),
  };
  const others = conditionsOf(pod).filter((condition) => condition.type !== 'PodScheduled');
  state.replace(pods, pod, {
    ...pod,
    spec: { ...pod.spec, nodeName },
    status: { ...pod.status, conditions: [...others, scheduled] },
  });
  return success(undefined, 201);
}
