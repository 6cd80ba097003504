import type { ClusterState } from '../cluster-state.js';
import type { StoredObject } from '../kubernetes-object.js';
import { numberAt } from '../kubernetes-object.js';
import { controllerUidOf, isFinished, isReady } from '../node-and-pod.js';
import { pods, replicaSets } from '../resources.js';
import type { Change } from '../store.js';
import { createObject } from '../write-verbs.js';
import type { Controller } from './controllers.js';
import { podFromTemplate } from './pod-template.js';
import type { WorkQueue } from './work-queue.js';

/** Keeps the number of pods of each ReplicaSet: a pod that is going is replaced at once by a new Pending one. */
export class ReplicaSets implements Controller {
  readonly #state: ClusterState;
  readonly #queue: WorkQueue;
  readonly #byUid = new Map<string, StoredObject>();

  constructor(state: ClusterState, queue: WorkQueue) {
    this.#state = state;
    this.#queue = queue;
  }

  notice({ resource, type, object }: Change): void {
    const uid = resource === pods ? controllerUidOf(object) : object.metadata.uid;
    if (uid === undefined) return;
    if (resource === replicaSets) {
      this.#byUid.set(uid, object);
      if (type === 'DELETED') this.#byUid.delete(uid);
    }
    if (resource === replicaSets || (resource === pods && this.#byUid.has(uid))) {
      this.#queue.add(`replica-set/${uid}`, () => {
        this.#reconcile(uid);
      });
    }
  }

  stop(): void {
    this.#byUid.clear();
  }

  #reconcile(uid: string): void {
    const set = this.#byUid.get(uid);
    const owned = this.#state.store.podsOfController(uid);
    const active = owned.filter((pod) => pod.metadata.deletionTimestamp === undefined && !isFinished(pod));
    const wanted = set === undefined ? 0 : (numberAt(set.spec, 'replicas') ?? 1);
    for (const pod of surplus(active, wanted)) this.#state.delete(pods, pod, {});
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const route = {
      resource: pods,
      namespace: set.metadata.namespace,
      name: undefined,
      subresource: undefined,
    };
    for (let count = active.length; count < wanted; count += 1) {
      createObject(this.#state, route, podFromTemplate(set, {}), false);
    }
    const readyReplicas = active.filter(isReady).length;
    this.#state.setStatus(replicaSets, set, {
      replicas: wanted,
      readyReplicas,
      availableReplicas: readyReplicas,
      observedGeneration: set.metadata.generation,
    });
  }
}

/** Those that are not ready go first. */
function surplus(active: readonly StoredObject[], wanted: number): readonly StoredObject[] {
  const byReadiness = [...active].sort((left, right) => Number(isReady(left)) - Number(isReady(right)));
  return byReadiness.slice(0, Math.max(0, active.length - wanted));
}
