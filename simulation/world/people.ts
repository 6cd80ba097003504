import {
  annotation,
  cordonedByAnnotation,
  holdAnnotation,
  maintenanceTaint,
} from '../../adapters/ports/node-marks.js';
import { namesOf, type NodeKey, type ProcessId } from '../../domain/identifiers.js';
import { orderKinds, type OrderKind } from '../../domain/signal.js';
import type { Seeded } from '../scheduler/seeded.js';
import type { MachineHall } from './machine-hall.js';
import type { Site } from './site.js';
import type { Published } from './subscriber.js';

interface Waiting {
  readonly node: NodeKey;
  readonly stage: string;
  readonly orders: readonly OrderKind[];
}

export type GiveOrder = (
  node: NodeKey,
  order: { readonly kind: OrderKind; readonly processId: ProcessId },
) => void;

/** Orders that one process is given before people take its node over. */
const patience = 3;
/** How often people look at what waits for them, ms. */
const roundMs = 20 * 60_000;
const handWorkMs = 3_600_000;

/** People: they read what is published, answer what waits for them, and change nodes by hand. */
export class People {
  readonly #site: Site;
  readonly #hall: MachineHall;
  readonly #random: Seeded;
  readonly #give: GiveOrder;
  readonly #waiting = new Map<ProcessId, Waiting>();
  readonly #given = new Map<ProcessId, number>();

  constructor(site: Site, hall: MachineHall, random: Seeded, give: GiveOrder) {
    this.#site = site;
    this.#hall = hall;
    this.#random = random;
    this.#give = give;
    this.#round();
  }

  read({ event, node, repeated }: Published): void {
    // A pause is of no node.
    if (repeated || event.PauseChanged !== undefined) return;
    const name = namesOf(node).node;
    const handedOver = event.ProcessEnded?.outcome === 'HANDED_TO_HUMAN';
    if (handedOver && this.#site.machines.has(name)) this.#takeOver(name);
    const told = event.ProcessEvent;
    if (told?.type === 'IsolationOrphaned' && told.data['ours'] === 'false') this.#lookAfter(name);
    if (told === undefined || told.processId === null) return;
    const id = told.processId as ProcessId;
    if (told.type === 'PersonAsked') {
      const orders = orderKinds.filter((kind) => told.data['orders']?.includes(kind) === true);
      this.#waiting.set(id, { node, stage: 'waitingForPerson', orders });
    } else if (told.type === 'ProcessEnded') this.#waiting.delete(id);
    else if (told.stage === 'repairing')
      this.#waiting.set(id, { node, stage: 'repairing', orders: ['repaired'] });
    else if (told.stage !== 'waitingForPerson') this.#waiting.delete(id);
  }

  /** Another journal stands there: nobody answers for what ran on the one before. */
  forgetProcesses(): void {
    this.#waiting.clear();
  }

  /** Who is told that a node is out by nobody whom this installation knows looks after it, and takes all of it away. */
  #lookAfter(name: string): void {
    this.#site.agenda.after(handWorkMs, () => {
      const node = this.#site.nodes.get(name);
      if (node === undefined) return;
      const kept = Object.entries(node.metadata.annotations ?? {}).filter(
        ([key]) => !key.startsWith('faultline'),
      );
      this.#site.putNode({ ...node, metadata: { ...node.metadata, annotations: Object.fromEntries(kept) } });
      this.takeTaintAway(name);
    });
    this.#takeOver(name);
  }

  /** Who was given a node repairs its machine and brings it back by hand. */
  #takeOver(name: string): void {
    this.#site.agenda.after(handWorkMs, () => {
      const machine = this.#hall.machine(name);
      machine.repairByHand();
      this.hold(name, false);
      this.cordon(name, false);
    });
  }

  /** Takes our taint off the node and nothing else, as somebody does who does not know what it means. */
  takeTaintAway(name: string): void {
    const node = this.#site.nodes.get(name);
    if (node?.spec.taints === undefined) return;
    const taints = node.spec.taints.filter(({ key }) => key !== maintenanceTaint);
    this.#site.putNode({ ...node, spec: { ...node.spec, taints } });
    this.#site.tell({
      kind: 'person acted',
      verb: 'untaint',
      node: this.#site.keyOf(name),
      uid: node.metadata.uid,
    });
  }

  /** Takes back a hold, and a cordon that is no process's. */
  tidyUp(name: string): void {
    this.hold(name, false);
    const node = this.#site.nodes.get(name);
    if (node !== undefined && annotation(node, cordonedByAnnotation) === undefined) this.cordon(name, false);
  }

  cordon(name: string, wanted: boolean): void {
    const node = this.#site.nodes.get(name);
    // On a node that is cordoned already `kubectl cordon` changes nothing: nobody could tell that it was meant.
    if (node === undefined || (node.spec.unschedulable === true) === wanted) return;
    const { unschedulable: _before, ...spec } = node.spec;
    this.#site.putNode({ ...node, spec: wanted ? { ...spec, unschedulable: true } : spec });
    this.#site.tell({
      kind: 'person acted',
      verb: wanted ? 'cordon' : 'uncordon',
      node: this.#site.keyOf(name),
      uid: node.metadata.uid,
    });
  }

  hold(name: string, wanted: boolean): void {
    const node = this.#site.nodes.get(name);
    if (node === undefined) return;
    const { [holdAnnotation]: _before, ...annotations } = node.metadata.annotations ?? {};
    const after = wanted ? { ...annotations, [holdAnnotation]: 'anna looks at it' } : annotations;
    this.#site.putNode({ ...node, metadata: { ...node.metadata, annotations: after } });
    this.#site.tell({
      kind: 'person acted',
      verb: wanted ? 'hold' : 'unhold',
      node: this.#site.keyOf(name),
      uid: node.metadata.uid,
    });
  }

  /** An order about whatever runs on the node, whether it fits or not. */
  order(name: string, kind: OrderKind, processId: ProcessId | undefined): void {
    if (processId !== undefined) this.#give(this.#site.keyOf(name), { kind, processId });
  }

  #round(): void {
    for (const [processId, { node, stage, orders }] of this.#waiting) {
      const given = (this.#given.get(processId) ?? 0) + 1;
      this.#given.set(processId, given);
      if (stage === 'repairing' && given < patience * 3) continue;
      const open = orders.filter((kind) => kind !== 'abort');
      const kind =
        open.length > 0 && (given < patience || stage === 'repairing') ? this.#random.pick(open) : 'abort';
      this.#give(node, { kind, processId });
    }
    this.#site.agenda.after(roundMs, () => {
      this.#round();
    });
  }
}
