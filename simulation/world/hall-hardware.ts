import type { Hardware } from '../parts/hardware.js';
import { SimulatedBmcs } from './bmc.js';
import type { MachineHall } from './machine-hall.js';
import type { Site } from './site.js';
import { SimulatedActions, simulatedTickets, WorkDesk } from './work.js';

/** BMCs, tickets and actions for the machines of a hall. */
export function hardwareOf(site: Site, hall: MachineHall): Hardware {
  const desk = new WorkDesk(site, hall);
  return {
    power: (by) => new SimulatedBmcs(site, hall, by),
    tickets: () => simulatedTickets(desk),
    actions: (by) => new SimulatedActions(desk, site, by),
  };
}
