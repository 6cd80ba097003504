import type { PowerController } from '../../adapters/ports/power.js';
import type { MachineActions, TicketSystem } from '../../adapters/ports/work-orders.js';

/** Set to when a request was sent, right before it acts. */
export interface Stamped {
  issuedAt: number;
}

/** Whoever acts on machines, as one part sees them. They act at once; latency and trouble are put in front of them. */
export interface Hardware {
  /** @param by the part that asks */
  power(by: string): PowerController & Stamped;
  tickets(): TicketSystem;
  actions(by: string): MachineActions & Stamped;
}
