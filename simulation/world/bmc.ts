import type { PowerAnswer, PowerController, PowerState } from '../../adapters/ports/power.js';
import { parseNodeKey } from '../../domain/identifiers.js';
import type { Machine } from './machine.js';
import type { MachineHall } from './machine-hall.js';
import type { Site } from './site.js';

const ok = { kind: 'ok', value: true } as const;

/** The BMCs as one part sees them. They act at once and tell the truth; trouble is put in front of them. */
export class SimulatedBmcs implements PowerController {
  readonly #site: Site;
  readonly #hall: MachineHall;
  readonly #by: string;
  /** When the request was sent that acts now. */
  issuedAt = 0;

  constructor(site: Site, hall: MachineHall, by: string) {
    this.#site = site;
    this.#hall = hall;
    this.#by = by;
  }

  knows(node: string): boolean {
    return this.#site.machines.has(nameIn(node));
  }

  read(node: string): Promise<PowerAnswer<PowerState>> {
    const { power } = this.#machine(node);
    const key = this.#site.keyOf(nameIn(node));
    this.#site.tell({ kind: 'power looked at', by: this.#by, node: key, power });
    return Promise.resolve({ kind: 'ok', value: { power } });
  }

  forceOff(node: string): Promise<PowerAnswer<true>> {
    this.#tell('forceOff', node);
    this.#machine(node).powerOff();
    return Promise.resolve(ok);
  }

  on(node: string): Promise<PowerAnswer<true>> {
    this.#tell('on', node);
    this.#machine(node).powerOn();
    return Promise.resolve(ok);
  }

  bootFromNetworkOnce(node: string): Promise<PowerAnswer<true>> {
    this.#machine(node).bootFromNetworkOnce();
    return Promise.resolve(ok);
  }

  #machine(node: string): Machine {
    return this.#hall.machine(nameIn(node));
  }

  #tell(verb: 'forceOff' | 'on', node: string): void {
    const { issuedAt } = this;
    this.#site.tell({
      kind: 'machine touched',
      by: this.#by,
      verb,
      node: this.#site.keyOf(nameIn(node)),
      issuedAt,
    });
  }
}

function nameIn(node: string): string {
  return parseNodeKey(node)?.node ?? node;
}
