import type { Agenda } from '../scheduler/agenda.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { Machine } from './machine.js';
import { registeredNode, withoutHeartbeat, withStatus } from './objects.js';
import type { Site } from './site.js';

/** A kubelet that is not heard for so long makes its node Unknown, ms. */
export const graceMs = 40_000;

/** What is wrong with a machine whose kubelet and agent speak, and whose node is there. */
export interface Ailment {
  readonly node: NodeKey;
  /** The fault type that it is reported as. */
  readonly type: string;
  /** A node condition shows it, as long as it is so; else an agent told of it once. */
  readonly isShown: boolean;
  /** ms */
  readonly since: number;
}

/** The machines of a small site: each is a node with a workload, and its kubelet states what it is. */
export class MachineHall {
  readonly #site: Site;
  readonly #agenda: Agenda;
  readonly #machines = new Map<string, Machine>();
  /** Those whose kubelets register their nodes as soon as they speak. */
  readonly #toRegister = new Set<string>();

  constructor(site: Site, names: readonly string[]) {
    this.#site = site;
    this.#agenda = site.agenda;
    for (const name of names) this.#build(name);
  }

  get machines(): readonly Machine[] {
    return [...this.#machines.values()];
  }

  /**
   * What is wrong with machines that somebody can hear of: the node is there, and its kubelet speaks. A condition from before the last boot
   * is taken for that one's word until it is stated anew, and here nobody states anew what has not changed.
   */
  get ailments(): readonly Ailment[] {
    return this.machines.flatMap((machine) => {
      if (!machine.heard || !this.#site.nodes.has(machine.name)) return [];
      const node = this.#site.keyOf(machine.name);
      return machine.defects.flatMap((defect) => {
        const isShown = defect.condition !== undefined;
        const since = machine.failedAt(defect);
        return isShown && since < machine.bootedAt ? [] : [{ node, type: defect.type, isShown, since }];
      });
    });
  }

  /** Whether the machine really has this fault now, whoever may hear of it. */
  isIll(name: string, faultType: string): boolean {
    const machine = this.machine(name);
    return (
      (faultType === 'NodeNotReady' && !machine.heard) ||
      machine.defects.some(({ type }) => type === faultType)
    );
  }

  machine(name: string): Machine {
    const machine = this.#machines.get(name);
    if (machine === undefined) throw new RangeError(`no machine ${name}`);
    return machine;
  }

  /**
   * The kubelet registers its node anew: same name, another UID, nothing of what others wrote on it. One that does not
   * speak now does so when it speaks again.
   */
  register(name: string): void {
    const machine = this.machine(name);
    if (machine.heard) this.#site.registerNode(registeredNode(machine, this.#agenda.now));
    else this.#toRegister.add(name);
  }

  #build(name: string): void {
    const machine = new Machine(name, this.#agenda, this.#site.random);
    this.#machines.set(name, machine);
    this.#site.machines.set(name, machine);
    this.register(name);
    this.#site.addPod(`web-${name}`, name, 'ReplicaSet');
    machine.onChange = () => {
      this.#stateNode(machine);
    };
  }

  /** A kubelet that is heard states its node; one that falls silent is noticed after a while. */
  #stateNode(machine: Machine): void {
    const node = this.#site.nodes.get(machine.name);
    if (!machine.heard) {
      const { boots } = machine;
      this.#agenda.after(graceMs, () => {
        this.#noticeSilence(machine, boots);
      });
    } else if (this.#toRegister.delete(machine.name)) this.register(machine.name);
    else if (node !== undefined) {
      this.#site.putNode(withStatus(node, machine, this.#agenda.now));
      this.#site.finishPods(machine.name);
    }
  }

  #noticeSilence(machine: Machine, boots: number): void {
    const node = this.#site.nodes.get(machine.name);
    if (machine.heard || machine.boots !== boots || node === undefined) return;
    this.#site.putNode(withoutHeartbeat(node, this.#agenda.now));
  }
}
