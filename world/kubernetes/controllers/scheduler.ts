import { bindPod } from '../binding.js';
import type { ClusterState } from '../cluster-state.js';
import type { StoredObject } from '../kubernetes-object.js';
import { keyOf, numberAt, objectAt, textAt } from '../kubernetes-object.js';
import {
  conditionStatus,
  conditionsOf,
  isReady,
  nodeNameOf,
  taintsOf,
  toleratedSeconds,
} from '../node-and-pod.js';
import { nodes, pods } from '../resources.js';
import type { Change } from '../store.js';
import type { Controller } from './controllers.js';
import type { WorkQueue } from './work-queue.js';

const mostPods = 110;

/** Assigns Pending pods to the Ready, schedulable node with the fewest pods whose taints and labels suit them. */
export class Scheduler implements Controller {
  readonly #state: ClusterState;
  readonly #queue: WorkQueue;
  readonly #waiting = new Map<string, StoredObject>();
  readonly #open = new Map<string, StoredObject>();

  constructor(state: ClusterState, queue: WorkQueue) {
    this.#state = state;
    this.#queue = queue;
  }

  notice({ resource, type, object }: Change): void {
    if (resource === nodes) this.#noticeNode(type, object);
    if (resource !== pods) return;
    const waits =
      type !== 'DELETED' &&
      nodeNameOf(object) === undefined &&
      object.metadata.deletionTimestamp === undefined &&
      textAt(object.spec, 'schedulerName') === 'default-scheduler';
    if (!waits) {
      this.#waiting.delete(keyOf(object));
      return;
    }
    this.#waiting.set(keyOf(object), object);
    if (type === 'ADDED') this.#try();
  }

  stop(): void {
    this.#waiting.clear();
  }

  #noticeNode(type: Change['type'], node: StoredObject): void {
    const { name } = node.metadata;
    const opens = type !== 'DELETED' && isReady(node) && node.spec?.['unschedulable'] !== true;
    if (!opens) {
      this.#open.delete(name);
      return;
    }
    this.#open.set(name, node);
    if (this.#waiting.size > 0) this.#try();
  }

  #try(): void {
    this.#queue.add('schedule', () => {
      for (const pod of [...this.#waiting.values()]) {
        const node = this.#bestNode(pod);
        if (node === undefined) this.#sayUnschedulable(pod);
        else bindPod(this.#state, pod, { target: { kind: 'Node', name: node } });
      }
    });
  }

  #bestNode(pod: StoredObject): string | undefined {
    let best: string | undefined;
    let fewest = Infinity;
    for (const [name, node] of this.#open) {
      const count = this.#state.store.podCountOnNode(name);
      if (count >= fewest || count >= capacityOf(node) || !suits(pod, node)) continue;
      best = name;
      fewest = count;
    }
    return best;
  }

  #sayUnschedulable(pod: StoredObject): void {
    if (conditionStatus(pod, 'PodScheduled') === 'False') return;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: 'no nodes available to schedule pods',
      lastTransitionTime: this.#state.nowStamp(),
    };
    this.#state.setStatus(pods, pod, { ...pod.status, conditions: [...conditionsOf(pod), condition] });
  }
}

function suits(pod: StoredObject, node: StoredObject): boolean {
  const labels = node.metadata.labels ?? {};
  const placed = Object.entries(objectAt(pod.spec, 'nodeSelector')).every(
    ([key, value]) => labels[key] === value,
  );
  if (!placed) return false;
  return taintsOf(node).every(
    (taint) => taint.effect === 'PreferNoSchedule' || toleratedSeconds(pod, taint) !== undefined,
  );
}

function capacityOf(node: StoredObject): number {
  const allocatable = objectAt(node.status, 'allocatable');
  return numberAt(allocatable, 'pods') ?? Number(textAt(allocatable, 'pods') ?? mostPods);
}
