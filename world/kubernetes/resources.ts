/** The kinds that this server knows, and how each differs from the rest. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  /** Plural, as in the path. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly subresources: readonly string[];
  /** PUT on a missing name creates it. */
  readonly createdByUpdate: boolean;
  /** PUT without a resourceVersion is taken as the last word. */
  readonly unconditionalUpdate: boolean;
  /** `metadata.generation` counts changes of the spec. */
  readonly counted: boolean;
  /** What a client sends as status on creation is kept. */
  readonly statusOnCreate: boolean;
  /** Field selectors besides metadata.name and metadata.namespace. */
  readonly selectable: readonly string[];
}

const common = {
  version: 'v1',
  namespaced: true,
  subresources: [] as readonly string[],
  createdByUpdate: false,
  unconditionalUpdate: true,
  counted: false,
  statusOnCreate: false,
  selectable: [] as readonly string[],
} as const;

export const nodes: Resource = {
  ...common,
  group: '',
  plural: 'nodes',
  kind: 'Node',
  namespaced: false,
  subresources: ['status'],
  statusOnCreate: true,
  selectable: ['spec.unschedulable'],
};

export const pods: Resource = {
  ...common,
  group: '',
  plural: 'pods',
  kind: 'Pod',
  subresources: ['status', 'eviction', 'binding'],
  counted: true,
  selectable: ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'status.phase'],
};

export const namespaces: Resource = {
  ...common,
  group: '',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
  subresources: ['status'],
  selectable: ['status.phase'],
};

export const coreEvents: Resource = {
  ...common,
  group: '',
  plural: 'events',
  kind: 'Event',
  createdByUpdate: true,
  selectable: ['involvedObject.kind', 'involvedObject.name', 'involvedObject.uid', 'reason', 'type'],
};

export const groupEvents: Resource = {
  ...common,
  group: 'events.k8s.io',
  plural: 'events',
  kind: 'Event',
  createdByUpdate: true,
  selectable: ['regarding.kind', 'regarding.name', 'regarding.uid', 'reason', 'type'],
};

export const leases: Resource = {
  ...common,
  group: 'coordination.k8s.io',
  plural: 'leases',
  kind: 'Lease',
  createdByUpdate: true,
  unconditionalUpdate: false,
};

export const podDisruptionBudgets: Resource = {
  ...common,
  group: 'policy',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  subresources: ['status'],
  unconditionalUpdate: false,
  counted: true,
};

export const replicaSets: Resource = {
  ...common,
  group: 'apps',
  plural: 'replicasets',
  kind: 'ReplicaSet',
  subresources: ['status'],
  counted: true,
};

export const daemonSets: Resource = { ...replicaSets, plural: 'daemonsets', kind: 'DaemonSet' };

export const allResources: readonly Resource[] = [
  nodes,
  pods,
  namespaces,
  coreEvents,
  groupEvents,
  leases,
  podDisruptionBudgets,
  replicaSets,
  daemonSets,
];

/** `v1` or `<group>/v1`. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** `nodes` or `leases.coordination.k8s.io`: how messages name a resource. */
export function qualified(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}
