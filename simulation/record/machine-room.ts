import type { PowerController } from '../../adapters/ports/power.js';
import type { MachineActions, TicketSystem } from '../../adapters/ports/work-orders.js';
import { namesOf, parseNodeKey, type NodeKey } from '../../domain/identifiers.js';
import { ActionRunner } from '../../world/action-webhook/action-runner.js';
import { TicketDesk, type Ticket } from '../../world/action-webhook/ticket-desk.js';
import { Bmc } from '../../world/bmc/bmc.js';
import type { WorldClock } from '../../world/clock.js';
import type { Fleet } from '../../world/machines/fleet.js';
import type { Machine } from '../../world/machines/machine.js';
import type { WorldRandom } from '../../world/random.js';
import type { Hardware, Stamped } from '../parts/hardware.js';
import type { Site } from '../world/site.js';

const done = { kind: 'ok', value: true } as const;

export interface MachineRoomOptions {
  readonly site: Site;
  readonly fleet: Fleet;
  readonly clock: WorldClock;
  readonly random: WorldRandom;
  /** What a boot from the network installs. */
  readonly image: string;
  readonly onRepaired: (ticket: Ticket) => void;
}

/** BMCs, technicians and provisioner of a fleet of `world/`, without servers in between. */
export class MachineRoom implements Hardware {
  readonly #site: Site;
  readonly #fleet: Fleet;
  readonly #bmcs: ReadonlyMap<string, Bmc>;
  readonly #desk: TicketDesk;
  readonly #runner: ActionRunner;

  constructor({ site, fleet, clock, random, image, onRepaired }: MachineRoomOptions) {
    this.#site = site;
    this.#fleet = fleet;
    this.#bmcs = new Map(
      fleet.machines.map((machine) => [
        machine.name,
        new Bmc({ machine, clock, random: random.fork(`bmc/${machine.name}`), networkImage: image }),
      ]),
    );
    this.#desk = new TicketDesk(clock, onRepaired);
    this.#runner = new ActionRunner(clock, random.fork('webhook'));
  }

  power(by: string): PowerController & Stamped {
    const bmcOf = (node: string): Bmc => found(this.#bmcs.get(nameIn(node)), node);
    const order = (node: string, reset: 'ForceOff' | 'On') => {
      const verb = reset === 'On' ? 'on' : 'forceOff';
      this.#touched({ by, verb, node: this.#site.keyOf(nameIn(node)), issuedAt: controller.issuedAt });
      bmcOf(node).order(reset);
      return Promise.resolve(done);
    };
    const controller: PowerController & Stamped = {
      issuedAt: 0,
      knows: (node) => this.#bmcs.has(nameIn(node)),
      read: (node) => {
        const { power } = bmcOf(node);
        this.#site.tell({ kind: 'power looked at', by, node: this.#site.keyOf(nameIn(node)), power });
        return Promise.resolve({ kind: 'ok', value: { power } });
      },
      forceOff: (node) => order(node, 'ForceOff'),
      on: (node) => order(node, 'On'),
      bootFromNetworkOnce: (node) => {
        bmcOf(node).bootFrom('Pxe', true);
        return Promise.resolve(done);
      },
    };
    return controller;
  }

  tickets(): TicketSystem {
    return {
      open: ({ idempotencyKey, node, summary, faultTypes }) => {
        const { ticket } = this.#desk.open(this.#machine(node), { idempotencyKey, summary, faultTypes });
        return Promise.resolve({ kind: 'ok', value: { ticket: ticket.ticket } });
      },
      status: (ticket) => {
        const known = this.#desk.find(ticket);
        if (known === undefined) return Promise.resolve({ kind: 'refused', reason: 'no such ticket' });
        return Promise.resolve({ kind: 'ok', value: known.repairedAt === undefined ? 'open' : 'repaired' });
      },
    };
  }

  actions(by: string): MachineActions & Stamped {
    const actions: MachineActions & Stamped = {
      issuedAt: 0,
      start: (id, node, action) => {
        this.#touched({ by, verb: action.action, node, issuedAt: actions.issuedAt });
        this.#runner.start(id, this.#machine(node), action);
        return Promise.resolve(done);
      },
      status: (id) => Promise.resolve({ kind: 'ok', value: this.#runner.status(id) ?? 'unknown' }),
    };
    return actions;
  }

  #machine(node: NodeKey): Machine {
    return found(this.#fleet.machine(namesOf(node).node), node);
  }

  #touched(touch: {
    readonly by: string;
    readonly verb: 'forceOff' | 'on' | 'reimage' | 'restart-component';
    readonly node: NodeKey;
    readonly issuedAt: number;
  }): void {
    this.#site.tell({ kind: 'machine touched', ...touch });
  }
}

function nameIn(node: string): string {
  return parseNodeKey(node)?.node ?? node;
}

function found<Item>(item: Item | undefined, node: string): Item {
  if (item === undefined) throw new RangeError(`no machine for ${node}`);
  return item;
}
