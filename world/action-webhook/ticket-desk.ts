import type { WorldClock } from '../clock.js';
import type { Machine } from '../machines/machine.js';

export interface Ticket {
  readonly ticket: string;
  readonly idempotencyKey: string;
  readonly machine: string;
  readonly summary: string;
  readonly faultTypes: readonly string[];
  readonly openedAt: number;
  /** When the technician finished; undefined while at work. */
  readonly repairedAt: number | undefined;
}

/** How long a technician looks for a fault that isn't there, ms. */
const fruitlessSearchMs = 30 * 60_000;

/**
 * Takes tickets and sends a technician for each. The repair lasts as long as the longest of the faults that are on
 * the machine when the ticket is opened; then all that is wrong with it is mended.
 */
export class TicketDesk {
  readonly #clock: WorldClock;
  readonly #onRepaired: (ticket: Ticket) => void;
  readonly #byKey = new Map<string, Ticket>();
  readonly #keyOf = new Map<string, string>();

  /** `onRepaired` hears when a technician has finished. */
  constructor(clock: WorldClock, onRepaired: (ticket: Ticket) => void = () => undefined) {
    this.#clock = clock;
    this.#onRepaired = onRepaired;
  }

  /** All tickets, in order of opening. */
  get tickets(): readonly Ticket[] {
    return [...this.#byKey.values()];
  }

  /** Idempotent by key: the same key again gives the ticket that it gave before, `isNew` false. */
  open(
    machine: Machine,
    request: Pick<Ticket, 'idempotencyKey' | 'summary' | 'faultTypes'>,
  ): { readonly ticket: Ticket; readonly isNew: boolean } {
    const known = this.#byKey.get(request.idempotencyKey);
    if (known !== undefined) return { ticket: known, isNew: false };
    const ticket: Ticket = {
      ...request,
      ticket: `T-${String(this.#byKey.size + 1).padStart(6, '0')}`,
      machine: machine.name,
      openedAt: this.#clock.now(),
      repairedAt: undefined,
    };
    this.#byKey.set(ticket.idempotencyKey, ticket);
    this.#keyOf.set(ticket.ticket, ticket.idempotencyKey);
    const repairMs = Math.max(0, ...machine.faults.map((fault) => fault.repairMs)) || fruitlessSearchMs;
    this.#clock.schedule(ticket.openedAt + repairMs, () => {
      machine.repair();
      const repaired = { ...ticket, repairedAt: this.#clock.now() };
      this.#byKey.set(ticket.idempotencyKey, repaired);
      this.#onRepaired(repaired);
    });
    return { ticket, isNew: true };
  }

  find(ticket: string): Ticket | undefined {
    const key = this.#keyOf.get(ticket);
    return key === undefined ? undefined : this.#byKey.get(key);
  }
}
