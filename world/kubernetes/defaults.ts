import type { JsonObject, StoredObject } from './kubernetes-object.js';
import { objectAt, objectsAt, timestamp } from './kubernetes-object.js';
import { taintsOf } from './node-and-pod.js';
import {
  daemonSets,
  namespaces,
  nodes,
  podDisruptionBudgets,
  pods,
  replicaSets,
  type Resource,
} from './resources.js';

/** Fills in what the real server (with its default admission plugins) adds when an object is created. */
export function withDefaults(resource: Resource, object: StoredObject, now: number): StoredObject {
  if (resource === nodes) return nodeDefaults(object);
  if (resource === pods) return podDefaults(object);
  if (resource === podDisruptionBudgets) {
    return {
      ...object,
      status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
    };
  }
  if (resource === replicaSets)
    return { ...object, spec: { replicas: 1, ...object.spec }, status: { replicas: 0 } };
  if (resource === daemonSets)
    return { ...object, status: { currentNumberScheduled: 0, desiredNumberScheduled: 0 } };
  if (resource === namespaces) return namespaceDefaults(object);
  return resource.group === '' && resource.kind === 'Event' ? eventDefaults(object, now) : object;
}

const noNodeInfo = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
};

/** A new node is tainted until the node life cycle controller has seen it Ready. */
function nodeDefaults(node: StoredObject): StoredObject {
  const status = objectAt(node, 'status');
  const key = 'node.kubernetes.io/not-ready';
  const taints = taintsOf(node);
  const tainted = taints.some((taint) => taint.key === key)
    ? taints
    : [...taints, { key, effect: 'NoSchedule' }];
  return {
    ...node,
    spec: { ...node.spec, taints: tainted },
    status: {
      ...(status['capacity'] === undefined ? {} : { allocatable: status['capacity'] }),
      daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
      ...status,
      nodeInfo: { ...noNodeInfo, ...objectAt(status, 'nodeInfo') },
    },
  };
}

const unreadyTolerations = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].map((key) => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

function podDefaults(pod: StoredObject): StoredObject {
  const given = objectsAt(pod.spec, 'tolerations');
  const missing = unreadyTolerations.filter(
    ({ key }) => !given.some((toleration) => toleration['key'] === key || (toleration['key'] ?? '') === ''),
  );
  return {
    ...pod,
    spec: {
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      ...pod.spec,
      tolerations: [...given, ...missing],
    },
    status: { phase: 'Pending', qosClass: 'BestEffort' },
  };
}

function namespaceDefaults(namespace: StoredObject): StoredObject {
  const labels = { 'kubernetes.io/metadata.name': namespace.metadata.name, ...namespace.metadata.labels };
  return {
    ...namespace,
    metadata: { ...namespace.metadata, labels },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

function eventDefaults(event: StoredObject, now: number): StoredObject {
  const absent: JsonObject = {
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  };
  const { metadata, ...rest } = event;
  return {
    ...absent,
    ...rest,
    apiVersion: event.apiVersion,
    kind: event.kind,
    metadata: stamped(metadata, now),
  };
}

function stamped(metadata: StoredObject['metadata'], now: number): StoredObject['metadata'] {
  return { ...metadata, creationTimestamp: timestamp(now) };
}
