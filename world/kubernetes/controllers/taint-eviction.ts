import type { ClusterState } from '../cluster-state.js';
import type { StoredObject, Taint } from '../kubernetes-object.js';
import { nodeNameOf, taintsOf, toleratedSeconds } from '../node-and-pod.js';
import { nodes, pods } from '../resources.js';
import type { Change } from '../store.js';
import type { Controller } from './controllers.js';
import { Timers } from './timers.js';
import type { WorkQueue } from './work-queue.js';

/** Deletes the pods that do not tolerate a NoExecute taint of their node, once their tolerationSeconds are over. */
export class TaintEviction implements Controller {
  readonly #state: ClusterState;
  readonly #queue: WorkQueue;
  readonly #timers: Timers;
  /** When taints that carry no timeAdded were first seen, by node, key and effect. */
  readonly #noticed = new Map<string, Map<string, number>>();

  constructor(state: ClusterState, queue: WorkQueue) {
    this.#state = state;
    this.#queue = queue;
    this.#timers = new Timers(state.clock);
  }

  notice({ resource, type, object, before }: Change): void {
    if (resource === nodes) {
      const concerns = hasNoExecute(object) || (before !== undefined && hasNoExecute(before));
      if (type === 'DELETED') {
        this.#timers.cancel(object.metadata.name);
        this.#noticed.delete(object.metadata.name);
      } else if (concerns) this.#lookAt(object.metadata.name);
      return;
    }
    const nodeName = resource === pods && type !== 'DELETED' ? nodeNameOf(object) : undefined;
    if (nodeName === undefined || (before !== undefined && nodeNameOf(before) === nodeName)) return;
    const node = this.#state.store.get(nodes, undefined, nodeName);
    if (node !== undefined && hasNoExecute(node)) this.#lookAt(nodeName);
  }

  stop(): void {
    this.#timers.stop();
  }

  #lookAt(nodeName: string): void {
    this.#queue.add(`evict/${nodeName}`, () => {
      this.#evictDue(nodeName);
    });
  }

  #evictDue(nodeName: string): void {
    const node = this.#state.store.get(nodes, undefined, nodeName);
    const taints = node === undefined ? [] : taintsOf(node).filter((taint) => taint.effect === 'NoExecute');
    this.#timers.cancel(nodeName);
    const now = this.#state.clock.now();
    const noticed = this.#noticeTaints(nodeName, taints, now);
    if (taints.length === 0) return;
    let next = Infinity;
    for (const pod of this.#state.store.podsOnNode(nodeName)) {
      if (pod.metadata.deletionTimestamp !== undefined) continue;
      const due = Math.min(
        ...taints.map((taint) => dueTime(pod, taint, now, noticed.get(identity(taint)) ?? now)),
      );
      if (due <= now) this.#state.delete(pods, pod, {});
      else next = Math.min(next, due);
    }
    if (next === Infinity) return;
    this.#timers.set(nodeName, next, () => {
      this.#lookAt(nodeName);
    });
  }

  /** Taints that are gone are forgotten: put back, they count anew. */
  #noticeTaints(nodeName: string, taints: readonly Taint[], now: number): ReadonlyMap<string, number> {
    const before = this.#noticed.get(nodeName);
    const noticed = new Map(taints.map((taint) => [identity(taint), before?.get(identity(taint)) ?? now]));
    if (noticed.size === 0) this.#noticed.delete(nodeName);
    else this.#noticed.set(nodeName, noticed);
    return noticed;
  }
}

function identity(taint: Taint): string {
  return `${taint.key}:${taint.effect}`;
}

function hasNoExecute(node: StoredObject): boolean {
  return taintsOf(node).some((taint) => taint.effect === 'NoExecute');
}

function dueTime(pod: StoredObject, taint: Taint, now: number, noticed: number): number {
  const seconds = toleratedSeconds(pod, taint);
  if (seconds === undefined) return now;
  const since = taint.timeAdded === undefined ? noticed : Date.parse(taint.timeAdded);
  return since + seconds * 1000;
}
