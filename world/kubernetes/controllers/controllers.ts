import type { ClusterState } from '../cluster-state.js';
import type { Kubelets } from '../kubelet.js';
import type { Change } from '../store.js';
import { DaemonSets } from './daemon-sets.js';
import { Disruption } from './disruption.js';
import { Heartbeats } from './heartbeats.js';
import { MachineKubelets } from './machine-kubelets.js';
import { NodeLifecycle } from './node-lifecycle.js';
import { PodGarbage } from './pod-garbage.js';
import { PodLife } from './pod-life.js';
import { ReplicaSets } from './replica-sets.js';
import { Scheduler } from './scheduler.js';
import { TaintEviction } from './taint-eviction.js';
import { WorkQueue } from './work-queue.js';

/** Something that watches the store and acts on what it sees by way of the work queue. */
export interface Controller {
  /** Called within the write: may only note what to look at. */
  notice(change: Change): void;
  /** Ends its timers. */
  stop(): void;
}

export interface Controllers {
  readonly kubelets: Kubelets;
  stop(): void;
}

/** Starts all controllers of the cluster, and the kubelets of the machines that will register. */
export function startControllers(state: ClusterState): Controllers {
  const queue = new WorkQueue();
  const heartbeats = new Heartbeats(state);
  const podLife = new PodLife(state, queue, heartbeats);
  const controllers: readonly Controller[] = [
    new NodeLifecycle(state, queue, heartbeats),
    new TaintEviction(state, queue),
    new PodGarbage(state, queue),
    new ReplicaSets(state, queue),
    new DaemonSets(state, queue),
    new Scheduler(state, queue),
    new Disruption(state, queue),
    podLife,
  ];
  const unsubscribe = state.store.subscribe((change) => {
    for (const controller of controllers) controller.notice(change);
  });
  return {
    kubelets: new MachineKubelets(state, heartbeats, podLife),
    stop: () => {
      unsubscribe();
      queue.stop();
      for (const controller of controllers) controller.stop();
    },
  };
}
