import type { KubernetesNode, KubernetesPod, NodeEvent } from '../../adapters/ports/kubernetes.js';
import { fencingTaint } from '../../adapters/ports/node-marks.js';
import type { ClusterName, NodeKey, NodeName } from '../../domain/identifiers.js';
import { nodeKey } from '../../domain/identifiers.js';
import type { Agenda } from '../scheduler/agenda.js';
import { seeded, type Seeded } from '../scheduler/seeded.js';
import type { Happening, Listener } from './happening.js';
import { Machine } from './machine.js';
import { newPod, registeredNode, withoutHeartbeat, withStatus } from './objects.js';

export const clusterName = 'a' as ClusterName;

/** A kubelet that is not heard for so long makes its node Unknown, ms. */
const graceMs = 40_000;

export interface SiteOptions {
  readonly agenda: Agenda;
  readonly seed: number;
  readonly nodes: readonly string[];
  /** Hears everything that reaches the site. */
  readonly listener: Listener;
}

/** Machines, and the cluster that runs on them, as they really are. It shares nothing with Faultline but the ports' words. */
export class Site {
  readonly agenda: Agenda;
  readonly random: Seeded;
  readonly machines = new Map<string, Machine>();
  readonly nodes = new Map<string, KubernetesNode>();
  readonly pods = new Map<string, KubernetesPod>();
  /** Pods whose disruption budget allows nothing until then, by name. */
  readonly budgets = new Map<string, number>();
  readonly #watchers = new Set<(event: NodeEvent) => void>();
  readonly #listener: Listener;
  #version = 0;
  #uids = 0;

  constructor({ agenda, seed, nodes, listener }: SiteOptions) {
    this.agenda = agenda;
    this.random = seeded(seed, 'site');
    this.#listener = listener;
    for (const name of nodes) this.#build(name);
  }

  tell(happening: Happening): void {
    this.#listener(happening, this.agenda.now);
  }

  machine(name: string): Machine {
    const machine = this.machines.get(name);
    if (machine === undefined) throw new RangeError(`no machine ${name}`);
    return machine;
  }

  /** Stores a node under a new version and tells the watchers. */
  putNode(node: KubernetesNode): KubernetesNode {
    const stored = { ...node, metadata: { ...node.metadata, resourceVersion: this.#nextVersion() } };
    this.nodes.set(node.metadata.name, stored);
    this.#notify({ kind: 'changed', node: stored });
    if (fencingTaint(stored) !== undefined) this.#giveUpPods(stored.metadata.name);
    return stored;
  }

  putPod(pod: KubernetesPod): KubernetesPod {
    const stored = { ...pod, metadata: { ...pod.metadata, resourceVersion: this.#nextVersion() } };
    this.pods.set(pod.metadata.name, stored);
    return stored;
  }

  /** The object goes; what stood on it goes with it. */
  deleteNode(name: string): void {
    const node = this.nodes.get(name);
    if (node === undefined) return;
    this.nodes.delete(name);
    for (const pod of this.podsOn(name)) this.pods.delete(pod.metadata.name);
    this.#notify({ kind: 'deleted', node });
  }

  /** The kubelet registers its node anew: same name, another UID, nothing of what others wrote on it. */
  registerNode(name: string): void {
    if (this.nodes.has(name)) return;
    this.putNode(registeredNode(this.machine(name), this.#newUid('node'), this.agenda.now));
    this.putPod(newPod({ name: `agent-${name}`, uid: this.#newUid('pod'), nodeName: name }, 'DaemonSet'));
  }

  podsOn(name: string): readonly KubernetesPod[] {
    return [...this.pods.values()].filter(({ spec }) => spec.nodeName === name);
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

  watch(hear: (event: NodeEvent) => void): () => void {
    this.#watchers.add(hear);
    return () => this.#watchers.delete(hear);
  }

  keyOf(name: string): NodeKey {
    return nodeKey(clusterName, name as NodeName);
  }

  #build(name: string): void {
    const machine = new Machine(name, this.agenda, this.random);
    this.machines.set(name, machine);
    this.registerNode(name);
    this.putPod(newPod({ name: `web-${name}`, uid: this.#newUid('pod'), nodeName: name }, 'ReplicaSet'));
    machine.onChange = () => {
      this.#stateNode(machine);
    };
  }

  /** A kubelet that is heard states its node; one that falls silent is noticed after a while. */
  #stateNode(machine: Machine): void {
    const node = this.nodes.get(machine.name);
    if (!machine.heard) {
      const { boots } = machine;
      this.agenda.after(graceMs, () => {
        this.#noticeSilence(machine, boots);
      });
    } else if (node !== undefined) {
      this.putNode(withStatus(node, machine, this.agenda.now));
      for (const pod of this.podsOn(machine.name)) {
        if (pod.metadata.deletionTimestamp !== undefined) this.#finish(pod.metadata.name, pod.metadata.uid);
      }
    }
  }

  #noticeSilence(machine: Machine, boots: number): void {
    const node = this.nodes.get(machine.name);
    if (machine.heard || machine.boots !== boots || node === undefined) return;
    this.putNode(withoutHeartbeat(node, this.agenda.now));
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
    this.pods.delete(metadata.name);
    if (metadata.ownerReferences?.some(({ kind }) => kind === 'DaemonSet') === true) return;
    const taking = [...this.nodes.values()].filter(
      (node) => node.spec.unschedulable !== true && (node.spec.taints ?? []).length === 0,
    );
    const nodeName = taking[0]?.metadata.name;
    if (nodeName === undefined || nodeName === spec.nodeName) return;
    this.putPod(newPod({ name: metadata.name, uid: this.#newUid('pod'), nodeName }, 'ReplicaSet'));
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
