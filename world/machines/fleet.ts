import type { WorldClock } from '../clock.js';
import type { WorldRandom } from '../random.js';
import { Machine, type MachineEvent } from './machine.js';
import type { NodeLink } from './node-link.js';
import {
  nodeInfoOf,
  nodeNameOf,
  problemsOf,
  type ProblemDetector,
  registrationOf,
} from './node-registration.js';

const minute = 60_000;

export interface FleetOptions {
  readonly nodes: number;
  readonly clock: WorldClock;
  readonly random: WorldRandom;
  readonly link: NodeLink;
  /** What every machine runs at first. */
  readonly image: string;
  /** `simulated`, if not given. */
  readonly problemDetector?: ProblemDetector;
  /** On every Node, for instance what makes kwok run pods on it. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The board's identity by number, where BMCs exist before the fleet does. Drawn, if not given. */
  readonly systemUuidOf?: (index: number) => string;
  /** Bounds of a boot and of an installation, ms; 2 to 5 and 10 to 20 minutes, if not given. */
  readonly bootMs?: readonly [number, number];
  readonly installMs?: readonly [number, number];
}

/** Machines that are the nodes of one cluster. Number n of the failure record is machine n. */
export class Fleet {
  readonly machines: readonly Machine[];
  readonly #options: FleetOptions;
  readonly #byName: ReadonlyMap<string, Machine>;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.machines = Array.from({ length: options.nodes }, (_, index) => this.#build(index));
    this.#byName = new Map(this.machines.map((machine) => [machine.name, machine]));
  }

  /** By node name. */
  machine(name: string): Machine | undefined {
    return this.#byName.get(name);
  }

  /** Starts every machine, running at once, and registers its Node. Call it once. */
  start(): void {
    for (const [index, machine] of this.machines.entries()) {
      machine.startRunning();
      this.#register(index, machine);
      machine.listen((event) => {
        this.#tell(index, machine, event);
      });
    }
  }

  #build(index: number): Machine {
    const { clock, random, image, systemUuidOf, bootMs, installMs } = this.#options;
    const name = nodeNameOf(index);
    return new Machine({
      name,
      image,
      clock,
      random: random.fork(name),
      bootMs: bootMs ?? [2 * minute, 5 * minute],
      installMs: installMs ?? [10 * minute, 20 * minute],
      ...(systemUuidOf === undefined ? {} : { systemUuid: systemUuidOf(index) }),
    });
  }

  #register(index: number, machine: Machine): void {
    const { link, annotations } = this.#options;
    link.registerNode(
      registrationOf(machine, { index, detector: this.#detector, annotations: annotations ?? {} }),
    );
  }

  get #detector(): ProblemDetector {
    return this.#options.problemDetector ?? 'simulated';
  }

  #tell(index: number, machine: Machine, event: MachineEvent): void {
    const { link } = this.#options;
    switch (event.kind) {
      case 'booted':
        if (event.nodeRecreated) {
          link.deregisterNode(machine.name);
          this.#register(index, machine);
        } else {
          link.setNodeInfo(machine.name, nodeInfoOf(machine));
        }
        break;
      case 'kubelet-changed':
        if (event.alive) link.setConditions(machine.name, problemsOf(machine, this.#detector));
        link.setAlive(machine.name, event.alive);
        break;
      case 'fault-shown':
      case 'fault-ended':
        // Who can't tell now tells everything when its kubelet is back.
        if (machine.kubeletAlive && event.fault.condition !== undefined) {
          link.setConditions(machine.name, problemsOf(machine, this.#detector));
        }
        break;
      case 'power-changed':
      case 'halted':
      case 'installed':
      case 'kernel-log':
        break;
    }
  }
}
