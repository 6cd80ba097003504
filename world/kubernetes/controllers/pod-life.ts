import type { ClusterState } from '../cluster-state.js';
import type { Condition, StoredObject } from '../kubernetes-object.js';
import { conditionsOf, isReady, nodeNameOf, phaseOf } from '../node-and-pod.js';
import { pods } from '../resources.js';
import type { Change } from '../store.js';
import type { Controller } from './controllers.js';
import type { Heartbeats } from './heartbeats.js';
import { Timers } from './timers.js';
import type { WorkQueue } from './work-queue.js';

const startTakesMs = 2_000;
const stopTakesMs = 1_000;

/** What kubelets do to pods, on live machines only: start those assigned to them, end those being deleted. */
export class PodLife implements Controller {
  readonly #state: ClusterState;
  readonly #queue: WorkQueue;
  readonly #heartbeats: Heartbeats;
  readonly #timers: Timers;

  constructor(state: ClusterState, queue: WorkQueue, heartbeats: Heartbeats) {
    this.#state = state;
    this.#queue = queue;
    this.#heartbeats = heartbeats;
    this.#timers = new Timers(state.clock);
  }

  notice({ resource, type, object }: Change): void {
    if (resource !== pods) return;
    const { uid } = object.metadata;
    if (type === 'DELETED') {
      this.#timers.cancel(`start/${uid}`);
      this.#timers.cancel(`stop/${uid}`);
      return;
    }
    this.#takeUp(object);
  }

  stop(): void {
    this.#timers.stop();
  }

  /** A machine is back: its kubelet takes up the pods as it finds them. */
  resume(nodeName: string): void {
    this.#queue.add(`resume/${nodeName}`, () => {
      for (const pod of this.#state.store.podsOnNode(nodeName)) {
        this.#takeUp(pod);
        if (phaseOf(pod) === 'Running' && !isReady(pod)) this.#setRunning(pod);
      }
    });
  }

  #takeUp(pod: StoredObject): void {
    const nodeName = nodeNameOf(pod);
    if (nodeName === undefined || !this.#heartbeats.isAlive(nodeName)) return;
    if (pod.metadata.deletionTimestamp !== undefined)
      this.#soon(pod, 'stop', stopTime(pod), (now) => {
        this.#end(now);
      });
    else if (phaseOf(pod) === 'Pending')
      this.#soon(pod, 'start', startTakesMs, (now) => {
        this.#start(now);
      });
  }

  #soon(pod: StoredObject, what: string, afterMs: number, act: (pod: StoredObject) => void): void {
    const { namespace, name, uid } = pod.metadata;
    const key = `${what}/${uid}`;
    if (this.#timers.has(key)) return;
    this.#timers.set(key, this.#state.clock.now() + afterMs, () => {
      const present = this.#state.store.get(pods, namespace, name);
      const nodeName = present === undefined ? undefined : nodeNameOf(present);
      if (present?.metadata.uid !== uid || nodeName === undefined) return;
      if (this.#heartbeats.isAlive(nodeName)) act(present);
    });
  }

  #end(pod: StoredObject): void {
    this.#state.delete(pods, pod, { gracePeriodSeconds: 0 });
  }

  #start(pod: StoredObject): void {
    if (phaseOf(pod) === 'Pending' && pod.metadata.deletionTimestamp === undefined) this.#setRunning(pod);
  }

  #setRunning(pod: StoredObject): void {
    const now = this.#state.nowStamp();
    const reported = ['Initialized', 'ContainersReady', 'Ready'];
    const others = conditionsOf(pod).filter((condition) => !reported.includes(condition.type));
    const conditions: Condition[] = [
      ...others,
      ...reported.map((type) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: now })),
    ];
    this.#state.setStatus(pods, pod, { startTime: now, ...pod.status, phase: 'Running', conditions });
  }
}

function stopTime(pod: StoredObject): number {
  return Math.min(stopTakesMs, (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000);
}
