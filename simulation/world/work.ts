import type {
  MachineAction,
  MachineActions,
  TicketSystem,
  WorkAnswer,
} from '../../adapters/ports/work-orders.js';
import { namesOf, type CommandId, type NodeKey } from '../../domain/identifiers.js';
import type { Machine } from './machine.js';
import type { MachineHall } from './machine-hall.js';
import type { Site } from './site.js';

type ActionStatus = 'running' | 'done' | 'failed' | 'unknown';

/** Tickets and actions on machines, as whoever carries them out keeps them. Shared by all parts. */
export class WorkDesk {
  readonly #site: Site;
  readonly #hall: MachineHall;
  readonly #tickets = new Map<string, 'open' | 'repaired'>();
  readonly #actions = new Map<CommandId, ActionStatus>();

  constructor(site: Site, hall: MachineHall) {
    this.#site = site;
    this.#hall = hall;
  }

  /** A ticket per key; people come after an hour or several. */
  openTicket(key: CommandId, node: NodeKey): string {
    const ticket = `T-${key}`;
    if (this.#tickets.has(ticket)) return ticket;
    this.#tickets.set(ticket, 'open');
    this.#site.agenda.after(this.#site.random.between(1_200_000, 6_000_000), () => {
      this.#machineOf(node).mend('repair');
      this.#tickets.set(ticket, 'repaired');
    });
    return ticket;
  }

  ticketStatus(ticket: string): 'open' | 'repaired' | undefined {
    return this.#tickets.get(ticket);
  }

  /** Begins what this command asks for, once. */
  start(id: CommandId, node: NodeKey, action: MachineAction): void {
    if (this.#actions.has(id)) return;
    const machine = this.#machineOf(node);
    const works = machine.power === 'On' || action.action === 'reimage';
    this.#actions.set(id, 'running');
    if (action.action === 'reimage' && works) {
      machine.power = 'On';
      machine.image = action.image === '' ? machine.image : action.image;
      machine.reboot('reimage');
    }
    this.#site.agenda.after(this.#site.random.between(5_000, 120_000), () => {
      this.#actions.set(id, works ? 'done' : 'failed');
      if (action.action === 'restart-component' && works) machine.mend('restart');
    });
  }

  actionStatus(id: CommandId): ActionStatus {
    return this.#actions.get(id) ?? 'unknown';
  }

  #machineOf(node: NodeKey): Machine {
    return this.#hall.machine(namesOf(node).node);
  }
}

/** The desk's tickets as one part sees them. */
export function simulatedTickets(desk: WorkDesk): TicketSystem {
  return {
    open: ({ idempotencyKey, node }) =>
      Promise.resolve({ kind: 'ok', value: { ticket: desk.openTicket(idempotencyKey, node) } }),
    status: (ticket) => {
      const value = desk.ticketStatus(ticket);
      return Promise.resolve(
        value === undefined ? { kind: 'refused', reason: 'no such ticket' } : { kind: 'ok', value },
      );
    },
  };
}

/** The desk's actions as one part sees them; `issuedAt` is set to when a request was sent before it acts. */
export class SimulatedActions implements MachineActions {
  readonly #desk: WorkDesk;
  readonly #site: Site;
  readonly #by: string;
  issuedAt = 0;

  constructor(desk: WorkDesk, site: Site, by: string) {
    this.#desk = desk;
    this.#site = site;
    this.#by = by;
  }

  start(id: CommandId, node: NodeKey, action: MachineAction): Promise<WorkAnswer<true>> {
    const { issuedAt } = this;
    this.#site.tell({ kind: 'machine touched', by: this.#by, verb: action.action, node, issuedAt });
    this.#desk.start(id, node, action);
    return Promise.resolve({ kind: 'ok', value: true });
  }

  status(id: CommandId): Promise<WorkAnswer<ActionStatus>> {
    return Promise.resolve({ kind: 'ok', value: this.#desk.actionStatus(id) });
  }
}
