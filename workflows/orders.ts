import type { OrderKind } from '../domain/signal.js';

/**
 * Every stage of every workflow, and the orders it takes. `skip` leads to verifying and nowhere else: no order skips
 * an observation, the verification or the return. `dismiss` says that there is no fault: what was begun is taken back, by way
 * of verifying where the node is isolated or said not to be Ready. Stages that go on to verify by themselves don't take it.
 */
export const ordersOfStage = {
  assessing: ['abort'],
  observing: ['dismiss', 'abort'],
  isolating: ['dismiss', 'abort'],
  requestingMigration: ['dismiss', 'abort'],
  evacuating: ['dismiss', 'abort'],
  deletingWorkload: ['dismiss', 'abort'],
  restartingComponent: ['dismiss', 'abort'],
  poweringOff: ['dismiss', 'abort'],
  fencing: ['abort'],
  unfencing: ['abort'],
  reimaging: ['dismiss', 'abort'],
  openingTicket: ['dismiss', 'abort'],
  repairing: ['repaired', 'skip', 'dismiss', 'abort'],
  poweringOn: ['abort'],
  booting: ['skip', 'abort'],
  isolatingAgain: ['abort'],
  verifying: ['abort'],
  escalating: [],
  takingOver: [],
  settling: ['abort'],
  returning: [],
  handingOver: [],
  waitingForPerson: ['retry', 'skip', 'repaired', 'dismiss', 'abort'],
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
