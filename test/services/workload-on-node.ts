import type { PodReference } from '../../domain/command.js';
import type { PodUid } from '../../domain/identifiers.js';
import type { Disturbance, DisturbableRequest } from '../../world/kubernetes/disturbances.js';
import type { StoredObject } from '../../world/kubernetes/kubernetes-object.js';
import type { LoggedRequest } from '../../world/kubernetes/request-log.js';
import { pods } from '../../world/kubernetes/resources.js';
import type { TestCluster } from '../world/kubernetes/cluster.js';

/** The node on which everything happens. */
export const nodeName = 'node-0000';

export interface WithCluster {
  readonly cluster: TestCluster;
}

export interface PodOptions {
  readonly owner?: 'ReplicaSet' | 'DaemonSet' | 'Node';
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly object[];
}

/** A pod on the site's node; it runs once time has passed. */
export function addPod(site: WithCluster, name: string, options: PodOptions = {}): PodReference {
  const { owner, annotations = {}, labels = {}, tolerations = [] } = options;
  const ownerReferences =
    owner === undefined
      ? []
      : [{ apiVersion: 'apps/v1', kind: owner, name: 'owner', uid: 'owner-1', controller: true }];
  const pod = site.cluster.create('pods', {
    metadata: { name, labels, annotations, ownerReferences },
    spec: { nodeName, tolerations, containers: [{ name: 'main', image: 'none' }] },
  });
  return { namespace: 'default', name, uid: pod.metadata.uid as PodUid };
}

export function podNamed(site: WithCluster, name: string): StoredObject {
  const pod = site.cluster.server.state.store.get(pods, 'default', name);
  if (pod === undefined) throw new Error(`there is no pod ${name}`);
  return pod;
}

/** Its owner's controller put another pod under the name. */
export function replacePod(site: WithCluster, name: string): PodReference {
  site.cluster.server.state.delete(pods, podNamed(site, name), { gracePeriodSeconds: 0 });
  return addPod(site, name);
}

/** Somebody gives it these labels, in place of those that it has. */
export function relabel(site: WithCluster, name: string, labels: Readonly<Record<string, string>>): void {
  const pod = podNamed(site, name);
  site.cluster.server.state.store.put(pods, { ...pod, metadata: { ...pod.metadata, labels } });
}

/** Told to go by somebody else: there until its grace is over. */
export function terminate(site: WithCluster, name: string): void {
  site.cluster.server.state.delete(pods, podNamed(site, name), { gracePeriodSeconds: 600 });
}

export function finish(site: WithCluster, name: string, phase: 'Succeeded' | 'Failed'): void {
  const { state } = site.cluster.server;
  const pod = podNamed(site, name);
  state.setStatus(pods, pod, { ...pod.status, phase });
}

/** What the pods of the node say about their migration, by name. */
export function migrationLabels(site: WithCluster): Readonly<Record<string, string | undefined>> {
  const labelled = site.cluster
    .podsOn(nodeName)
    .map(({ metadata }) => [metadata.name, metadata.labels?.['faultline.dev/migration']] as const);
  return Object.fromEntries(labelled.filter(([, label]) => label !== undefined));
}

type Selection = Partial<Pick<DisturbableRequest, 'method' | 'resource' | 'name'>>;

function matches(request: DisturbableRequest, selection: Selection): boolean {
  const { method, resource, name } = { ...request, ...selection };
  return request.method === method && request.resource === resource && request.name === name;
}

/** The next request of this kind has no good end. */
export function disturb(
  site: WithCluster,
  selection: Selection,
  when: Disturbance['when'],
  answer: Disturbance['answer'],
): void {
  site.cluster.server.disturbances.order({
    matches: (request) => matches(request, selection),
    times: 1,
    when,
    answer,
  });
}

/** Happens on the server right before it takes the next request of this kind. */
export function rightBefore(site: WithCluster, selection: Selection, happens: () => void): void {
  const takeBack = site.cluster.server.disturbances.order({
    matches: (request) => {
      if (!matches(request, selection)) return false;
      takeBack();
      happens();
      return false;
    },
    times: 1,
    when: 'before-acting',
    answer: { kind: 'disconnect' },
  });
}

/** Every write of this kind that the API server saw, however it ended. */
export function writes(site: WithCluster, selection: Selection): readonly LoggedRequest[] {
  return site.cluster.server.requests.filter((request) => matches(request, selection));
}
