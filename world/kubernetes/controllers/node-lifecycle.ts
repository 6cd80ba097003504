import type { ClusterState } from '../cluster-state.js';
import type { Condition, StoredObject, Taint } from '../kubernetes-object.js';
import { sameJson, textAt } from '../kubernetes-object.js';
import { conditionsOf, conditionStatus, isReady, taintsOf } from '../node-and-pod.js';
import { leases, nodes, pods } from '../resources.js';
import type { Change } from '../store.js';
import type { Controller } from './controllers.js';
import { leaseNamespace, type Heartbeats } from './heartbeats.js';
import { Timers } from './timers.js';
import type { WorkQueue } from './work-queue.js';

const graceMs = 40_000;
const kubeletConditions = new Set(['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']);
const ownTaints = new Set([
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
  'node.kubernetes.io/unschedulable',
]);

/**
 * Nodes whose lease is older than 40 s become Unknown; conditions and unschedulable become taints. A live machine has no
 * timer at all: only its death, or a lease written by HTTP, starts one.
 */
export class NodeLifecycle implements Controller {
  readonly #state: ClusterState;
  readonly #queue: WorkQueue;
  readonly #timers: Timers;

  constructor(state: ClusterState, queue: WorkQueue, heartbeats: Heartbeats) {
    this.#state = state;
    this.#queue = queue;
    this.#timers = new Timers(state.clock);
    heartbeats.onChange((nodeName, alive) => {
      if (alive) this.#timers.cancel(nodeName);
      else
        this.#expectRenewal(nodeName, heartbeats.lastRenewal(nodeName), () =>
          heartbeats.lastRenewal(nodeName),
        );
    });
    this.#isMachine = (nodeName) => heartbeats.isKnown(nodeName);
  }

  readonly #isMachine: (nodeName: string) => boolean;

  notice({ resource, type, object, before }: Change): void {
    const { name, namespace } = object.metadata;
    if (resource === leases && namespace === leaseNamespace && type !== 'DELETED')
      this.#noticeLease(name, object);
    if (resource !== nodes) return;
    if (type === 'DELETED') {
      this.#timers.cancel(name);
      return;
    }
    if (needsTaints(object)) {
      this.#queue.add(`taints/${name}`, () => {
        this.#retaint(name);
      });
    }
    if (before !== undefined && isReady(before) && !isReady(object)) {
      this.#queue.add(`pods-not-ready/${name}`, () => {
        this.#markPodsNotReady(name);
      });
    }
  }

  stop(): void {
    this.#timers.stop();
  }

  /** A lease that some client renews by itself counts from when it was written. */
  #noticeLease(nodeName: string, lease: StoredObject): void {
    if (this.#isMachine(nodeName) || textAt(lease.spec, 'renewTime') === undefined) return;
    this.#timers.set(nodeName, this.#state.clock.now() + graceMs, () => {
      this.#markUnknown(nodeName);
    });
  }

  #expectRenewal(nodeName: string, renewed: number, lastRenewal: () => number): void {
    this.#timers.set(nodeName, renewed + graceMs, () => {
      if (lastRenewal() <= renewed) this.#markUnknown(nodeName);
    });
  }

  #markUnknown(nodeName: string): void {
    const node = this.#state.store.get(nodes, undefined, nodeName);
    if (node === undefined) return;
    const now = this.#state.nowStamp();
    const conditions = conditionsOf(node).map((condition): Condition => {
      if (!kubeletConditions.has(condition.type) || condition.status === 'Unknown') return condition;
      const message = 'Kubelet stopped posting node status.';
      return {
        ...condition,
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message,
        lastTransitionTime: now,
      };
    });
    this.#state.setStatus(nodes, node, { ...node.status, conditions });
  }

  #retaint(nodeName: string): void {
    const node = this.#state.store.get(nodes, undefined, nodeName);
    if (node === undefined) return;
    const taints = wantedTaints(node, this.#state.nowStamp());
    if (sameJson(taints, taintsOf(node))) return;
    const { taints: _, ...spec } = node.spec ?? {};
    this.#state.replace(nodes, node, { ...node, spec: taints.length === 0 ? spec : { ...spec, taints } });
  }

  #markPodsNotReady(nodeName: string): void {
    const node = this.#state.store.get(nodes, undefined, nodeName);
    if (node !== undefined && isReady(node)) return;
    for (const pod of this.#state.store.podsOnNode(nodeName)) {
      if (!isReady(pod)) continue;
      const lastTransitionTime = this.#state.nowStamp();
      const conditions = conditionsOf(pod).map((condition) =>
        condition.type === 'Ready'
          ? { ...condition, status: 'False', reason: 'NodeNotReady', lastTransitionTime }
          : condition,
      );
      this.#state.setStatus(pods, pod, { ...pod.status, conditions });
    }
  }
}

function identity(taint: Taint): string {
  return `${taint.key}:${taint.effect}`;
}

function ownWanted(node: StoredObject): readonly Taint[] {
  const ready = conditionStatus(node, 'Ready');
  const key = ready === 'Unknown' ? 'node.kubernetes.io/unreachable' : 'node.kubernetes.io/not-ready';
  const wanted: Taint[] = [];
  // A node that never reported keeps the taint it was created with, and nothing more.
  if (ready !== undefined && ready !== 'True') {
    wanted.push({ key, effect: 'NoSchedule' }, { key, effect: 'NoExecute' });
  }
  if (node.spec?.['unschedulable'] === true) {
    wanted.push({ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' });
  }
  return wanted;
}

function needsTaints(node: StoredObject): boolean {
  if (conditionStatus(node, 'Ready') === undefined && node.spec?.['unschedulable'] !== true) {
    return taintsOf(node).some((taint) => taint.key === 'node.kubernetes.io/unschedulable');
  }
  const wanted = ownWanted(node).map(identity);
  const present = taintsOf(node)
    .filter((taint) => ownTaints.has(taint.key))
    .map(identity);
  return wanted.length !== present.length || wanted.some((taint) => !present.includes(taint));
}

function wantedTaints(node: StoredObject, now: string): readonly Taint[] {
  const present = taintsOf(node);
  const silent = conditionStatus(node, 'Ready') === undefined;
  const wanted = ownWanted(node);
  const kept = present.filter(
    (taint) =>
      !ownTaints.has(taint.key) ||
      (silent && taint.key === 'node.kubernetes.io/not-ready') ||
      wanted.some((own) => identity(own) === identity(taint)),
  );
  const added = wanted.filter((own) => !present.some((taint) => identity(taint) === identity(own)));
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: now }))];
}
