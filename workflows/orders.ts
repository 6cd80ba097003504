import type { OrderKind } from '../domain/signal.js';

/**
 * Every stage of every workflow, and the orders it takes. `skip` leads to verifying and nowhere else: no order skips
 * an observation, the verification or the return.
 */
export const ordersOfStage = {
  assessing: ['abort'],
  observing: ['abort'],
  isolating: ['abort'],
  requestingMigration: ['abort'],
  evacuating: ['abort'],
  deletingWorkload: ['abort'],
  restartingComponent: ['abort'],
  poweringOff: ['abort'],
  fencing: ['abort'],
  unfencing: ['abort'],
  reimaging: ['abort'],
  openingTicket: ['abort'],
  repairing: ['repaired', 'skip', 'abort'],
  poweringOn: ['abort'],
  booting: ['skip', 'abort'],
  isolatingAgain: ['abort'],
  verifying: ['abort'],
  escalating: [],
  takingOver: [],
  settling: ['abort'],
  returning: [],
  handingOver: [],
  waitingForPerson: ['retry', 'skip', 'repaired', 'abort'],
  recovered: [],
  cancelled: [],
  handedToHuman: [],
  retired: [],
} as const satisfies Record<string, readonly OrderKind[]>;

export type Stage = keyof typeof ordersOfStage;

export const stages = Object.keys(ordersOfStage) as readonly Stage[];

export function isStage(text: string): text is Stage {
  return Object.hasOwn(ordersOfStage, text);
}

export function takesOrder(stage: Stage, order: OrderKind): boolean {
  const taken: readonly OrderKind[] = ordersOfStage[stage];
  return taken.includes(order);
}

/** Final stages and what they mean. */
export const outcomeOfStage = {
  recovered: 'Recovered',
  cancelled: 'Cancelled',
  handedToHuman: 'HandedToHuman',
  retired: 'Retired',
} as const;
