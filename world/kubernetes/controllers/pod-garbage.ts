import type { ClusterState } from '../cluster-state.js';
import type { StoredObject } from '../kubernetes-object.js';
import { isReady, nodeNameOf, taintsOf } from '../node-and-pod.js';
import { nodes, pods } from '../resources.js';
import type { Change } from '../store.js';
import type { Controller } from './controllers.js';
import { Timers } from './timers.js';
import type { WorkQueue } from './work-queue.js';

const quarantineMs = 40_000;
const outOfService = 'node.kubernetes.io/out-of-service';

/**
 * Removes pods that no kubelet will ever end: terminating ones on a node that is out of service and not Ready, and, after
 * a quarantine of 40 s, those of a node that is no more.
 */
export class PodGarbage implements Controller {
  readonly #state: ClusterState;
  readonly #queue: WorkQueue;
  readonly #timers: Timers;

  constructor(state: ClusterState, queue: WorkQueue) {
    this.#state = state;
    this.#queue = queue;
    this.#timers = new Timers(state.clock);
  }

  notice({ resource, type, object }: Change): void {
    if (resource === nodes && type === 'DELETED') this.#quarantine(object.metadata.name);
    if (resource === nodes && type !== 'DELETED' && isOutOfService(object)) this.#sweep(object.metadata.name);
    if (resource !== pods || type === 'DELETED' || object.metadata.deletionTimestamp === undefined) return;
    const nodeName = nodeNameOf(object);
    const node = nodeName === undefined ? undefined : this.#state.store.get(nodes, undefined, nodeName);
    if (node !== undefined && isOutOfService(node)) this.#sweep(node.metadata.name);
  }

  stop(): void {
    this.#timers.stop();
  }

  #quarantine(nodeName: string): void {
    this.#timers.set(nodeName, this.#state.clock.now() + quarantineMs, () => {
      if (this.#state.store.get(nodes, undefined, nodeName) !== undefined) return;
      for (const pod of this.#state.store.podsOnNode(nodeName)) this.#remove(pod);
    });
  }

  #sweep(nodeName: string): void {
    this.#queue.add(`garbage/${nodeName}`, () => {
      const node = this.#state.store.get(nodes, undefined, nodeName);
      if (node === undefined || !isOutOfService(node)) return;
      const going = this.#state.store
        .podsOnNode(nodeName)
        .filter((pod) => pod.metadata.deletionTimestamp !== undefined);
      for (const pod of going) this.#remove(pod);
    });
  }

  #remove(pod: StoredObject): void {
    this.#state.delete(pods, pod, { gracePeriodSeconds: 0 });
  }
}

function isOutOfService(node: StoredObject): boolean {
  return !isReady(node) && taintsOf(node).some((taint) => taint.key === outOfService);
}
