import type { ClusterState } from '../cluster-state.js';
import type { StoredObject } from '../kubernetes-object.js';
import { objectAt, objectsAt, sameJson } from '../kubernetes-object.js';
import { controllerUidOf, nodeNameOf, taintsOf, toleratedSeconds } from '../node-and-pod.js';
import { daemonSets, nodes, pods } from '../resources.js';
import type { Change } from '../store.js';
import { createObject } from '../write-verbs.js';
import type { Controller } from './controllers.js';
import { podFromTemplate } from './pod-template.js';
import type { WorkQueue } from './work-queue.js';

/** What every pod of a DaemonSet tolerates: nodes in trouble keep theirs. */
const daemonTolerations = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable', 'not-ready', 'unreachable'].map(
    (name) => ({
      key: `node.kubernetes.io/${name}`,
      operator: 'Exists',
      effect: 'NoSchedule',
    }),
  ),
];

/** Keeps one pod of each DaemonSet on each node whose taints it tolerates; assigns it itself. */
export class DaemonSets implements Controller {
  readonly #state: ClusterState;
  readonly #queue: WorkQueue;
  readonly #byUid = new Map<string, StoredObject>();

  constructor(state: ClusterState, queue: WorkQueue) {
    this.#state = state;
    this.#queue = queue;
  }

  notice({ resource, type, object, before }: Change): void {
    if (resource === daemonSets) this.#noticeSet(type, object);
    if (resource === nodes && type !== 'DELETED') {
      const same = before !== undefined && sameJson(taintsOf(before), taintsOf(object));
      if (!same) for (const set of this.#byUid.values()) this.#lookAt(set, object.metadata.name);
    }
    if (resource === pods && type === 'DELETED') {
      const set = this.#byUid.get(controllerUidOf(object) ?? '');
      const nodeName = nodeNameOf(object);
      if (set !== undefined && nodeName !== undefined) this.#lookAt(set, nodeName);
    }
  }

  stop(): void {
    this.#byUid.clear();
  }

  #noticeSet(type: Change['type'], set: StoredObject): void {
    const { uid } = set.metadata;
    if (type === 'DELETED') {
      this.#byUid.delete(uid);
      this.#queue.add(`daemon-set-gone/${uid}`, () => {
        for (const pod of this.#state.store.podsOfController(uid)) this.#state.delete(pods, pod, {});
      });
      return;
    }
    this.#byUid.set(uid, set);
    for (const node of this.#state.store.all(nodes)) this.#lookAt(set, node.metadata.name);
  }

  #lookAt(set: StoredObject, nodeName: string): void {
    this.#queue.add(`daemon-set/${set.metadata.uid}/${nodeName}`, () => {
      this.#ensurePod(set, nodeName);
    });
  }

  #ensurePod(set: StoredObject, nodeName: string): void {
    const node = this.#state.store.get(nodes, undefined, nodeName);
    const { uid, namespace } = set.metadata;
    if (node === undefined || !this.#byUid.has(uid)) return;
    if (this.#state.store.podsOnNode(nodeName).some((pod) => controllerUidOf(pod) === uid)) return;
    const own = objectsAt(objectAt(objectAt(set.spec, 'template'), 'spec'), 'tolerations');
    const tolerations = [...own, ...daemonTolerations];
    const body = podFromTemplate(set, { nodeName, tolerations });
    const probe: StoredObject = { ...set, spec: { tolerations } };
    const closed = taintsOf(node).filter((taint) => taint.effect !== 'PreferNoSchedule');
    if (closed.some((taint) => toleratedSeconds(probe, taint) === undefined)) return;
    createObject(
      this.#state,
      { resource: pods, namespace, name: undefined, subresource: undefined },
      body,
      false,
    );
  }
}
