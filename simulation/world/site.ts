import type {
  KubernetesLease,
  KubernetesNode,
  KubernetesPod,
  NodeEvent,
} from '../../adapters/ports/kubernetes.js';
import { fencingTaint } from '../../adapters/ports/node-marks.js';
import type { ClusterName, NodeKey, NodeName } from '../../domain/identifiers.js';
import { nodeKey } from '../../domain/identifiers.js';
import type { Agenda } from '../scheduler/agenda.js';
import { seeded, type Seeded } from '../scheduler/seeded.js';
import type { Happening, Listener } from './happening.js';
import { managersOf, newPod } from './objects.js';

export const clusterName = 'a' as ClusterName;

/** What of a machine is seen from the cluster that runs on it. */
export interface SeenMachine {
  readonly name: string;
  readonly power: 'On' | 'Off';
  /** Its kubelet speaks to Kubernetes. */
  readonly heard: boolean;
  /** When its kubelet was last heard; undefined: it is. */
  readonly silentSince?: number | undefined;
}

export interface SiteOptions {
  readonly agenda: Agenda;
  readonly seed: number;
  /** Hears everything that reaches the site. */
  readonly listener: Listener;
}

/** A cluster and the machines that it runs on, as they really are. It shares nothing with Faultline but the ports' words. */
export class Site {
  readonly agenda: Agenda;
  readonly random: Seeded;
  readonly machines = new Map<string, SeenMachine>();
  readonly nodes = new Map<string, KubernetesNode>();
  readonly pods = new Map<string, KubernetesPod>();
  readonly #podsByNode = new Map<string, Map<string, KubernetesPod>>();
  /** Pods whose disruption budget allows nothing until then, by name. */
  readonly budgets = new Map<string, number>();
  readonly #watchers = new Set<(event: NodeEvent) => void>();
  readonly #listener: Listener;
  readonly #placement: Seeded;
  #version = 0;
  #uids = 0;

  constructor({ agenda, seed, listener }: SiteOptions) {
    this.agenda = agenda;
    this.random = seeded(seed, 'site');
    this.#listener = listener;
    this.#placement = seeded(seed, 'placement');
  }

  tell(happening: Happening): void {
    this.#listener(happening, this.agenda.now);
  }

  machine(name: string): SeenMachine {
    const machine = this.machines.get(name);
    if (machine === undefined) throw new RangeError(`no machine ${name}`);
    return machine;
  }

  /** Stores a node under a new version and tells the watchers. @param by in whose name the server writes down the change */
  putNode(node: KubernetesNode, by = 'kubectl'): KubernetesNode {
    const { managedFields: _told, ...metadata } = node.metadata;
    const managers = managersOf(this.nodes.get(metadata.name), node, by);
    const stored = {
      ...node,
      metadata: { ...metadata, ...managers, resourceVersion: this.#nextVersion() },
    };
    this.nodes.set(node.metadata.name, stored);
    this.#notify({ kind: 'changed', node: stored });
    if (fencingTaint(stored) !== undefined) this.#giveUpPods(stored.metadata.name);
    return stored;
  }

  putPod(pod: KubernetesPod): KubernetesPod {
    const stored = { ...pod, metadata: { ...pod.metadata, resourceVersion: this.#nextVersion() } };
    this.#removePod(pod.metadata.name);
    this.pods.set(pod.metadata.name, stored);
    const { nodeName = '' } = pod.spec;
    const there = this.#podsByNode.get(nodeName) ?? new Map<string, KubernetesPod>();
    this.#podsByNode.set(nodeName, there.set(pod.metadata.name, stored));
    return stored;
  }

  /** The object goes; what stood on it goes with it. */
  deleteNode(name: string): void {
    const node = this.nodes.get(name);
    if (node === undefined) return;
    this.nodes.delete(name);
    for (const pod of this.podsOn(name)) this.#removePod(pod.metadata.name);
    this.#notify({ kind: 'deleted', node });
  }

  /** A kubelet registers its node under a UID of its own, unless it is there. */
  registerNode(node: KubernetesNode): void {
    const { name } = node.metadata;
    if (this.nodes.has(name)) return;
    this.putNode({ ...node, metadata: { ...node.metadata, uid: this.#newUid('node') } });
    this.addPod(`agent-${name}`, name, 'DaemonSet');
  }

  addPod(name: string, nodeName: string, owner: 'ReplicaSet' | 'DaemonSet'): void {
    this.putPod(newPod({ name, uid: this.#newUid('pod'), nodeName }, owner));
  }

  /** Only a kubelet that is heard ends pods: it ends those that were told to go meanwhile. */
  finishPods(name: string): void {
    for (const { metadata } of this.podsOn(name))
      if (metadata.deletionTimestamp !== undefined) this.#finish(metadata.name, metadata.uid);
  }

  podsOn(name: string): readonly KubernetesPod[] {
    return [...(this.#podsByNode.get(name)?.values() ?? [])];
  }

  /** Begins a graceful end; only a kubelet that is heard can finish it. */
  terminate(pod: KubernetesPod): void {
    if (pod.metadata.deletionTimestamp !== undefined) return;
    const deletionTimestamp = new Date(this.agenda.now + 30_000).toISOString();
    const dying = this.putPod({ ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
    this.agenda.after(this.random.between(1_000, 30_000), () => {
      this.#finish(dying.metadata.name, dying.metadata.uid);
    });
  }

  /** The leases that kubelets renew as long as they are heard. */
  leases(): readonly KubernetesLease[] {
    return [...this.machines.values()].map(({ name, silentSince = this.agenda.now }) => ({
      metadata: { name, uid: `lease-${name}`, resourceVersion: '0' },
      spec: { renewTime: new Date(silentSince).toISOString() },
    }));
  }

  watch(hear: (event: NodeEvent) => void): () => void {
    this.#watchers.add(hear);
    return () => this.#watchers.delete(hear);
  }

  keyOf(name: string): NodeKey {
    return nodeKey(clusterName, name as NodeName);
  }

  #finish(name: string, uid: string): void {
    const pod = this.pods.get(name);
    const nodeName = pod?.spec.nodeName;
    if (pod?.metadata.uid !== uid || nodeName === undefined) return;
    if (!this.machine(nodeName).heard) return;
    this.#replace(pod);
  }

  /** The machine is said to be off for good: its pods are taken for gone. */
  #giveUpPods(name: string): void {
    for (const pod of this.podsOn(name)) this.#replace(pod);
  }

  /** Its owner makes another one under the same name, on whichever node takes it. */
  #replace({ metadata, spec }: KubernetesPod): void {
    this.#removePod(metadata.name);
    if (metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') === true) return;
    const nodeName = this.#takingNode();
    if (nodeName !== undefined && nodeName !== spec.nodeName)
      this.addPod(metadata.name, nodeName, 'ReplicaSet');
  }

  /** The first one that takes pods, from a random place on: looking at each of a large fleet would cost too much. */
  #takingNode(): string | undefined {
    const names = [...this.machines.keys()];
    const first = this.#placement.between(0, names.length - 1);
    for (let offset = 0; offset < names.length; offset += 1) {
      const node = this.nodes.get(names[(first + offset) % names.length] ?? '');
      if (node === undefined || node.spec.unschedulable === true) continue;
      if ((node.spec.taints ?? []).length === 0) return node.metadata.name;
    }
    return undefined;
  }

  #removePod(name: string): void {
    const pod = this.pods.get(name);
    this.pods.delete(name);
    this.#podsByNode.get(pod?.spec.nodeName ?? '')?.delete(name);
  }

  #notify(event: NodeEvent): void {
    for (const hear of [...this.#watchers]) hear(event);
  }

  #nextVersion(): string {
    this.#version += 1;
    return String(this.#version);
  }

  #newUid(kind: string): string {
    this.#uids += 1;
    return `${kind}-${this.#uids}`;
  }
}
