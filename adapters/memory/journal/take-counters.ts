import type { CommandId, NodeKey, ProcessId } from '../../../domain/identifiers.js';
import { refusalOf } from '../../journal/kept-rooms.js';
import type { BudgetClaim } from '../../ports/journal.js';
import type { RefusedByCounter } from '../../ports/line-wait.js';
import { takenOf, type CountedStore } from './taken.js';

/** Who takes, and where it stands. */
export interface Taker {
  readonly commandId: CommandId;
  readonly processId: ProcessId;
  readonly node: NodeKey;
  /** Whether somebody in one of these lines comes before it. */
  readonly isBehind: (lines: readonly string[]) => boolean;
  /** The node of whoever comes before it and keeps a room in one of these lines. */
  readonly keptFor: (lines: readonly string[]) => NodeKey | undefined;
  /** Whether it keeps rooms itself. */
  readonly doesKeep: boolean;
}

export type RefusedCounter = { readonly kind: 'refused' } & RefusedByCounter;

/** And the lines in which a room is kept for whoever was refused. */
export interface RefusedTaker {
  readonly refused: RefusedCounter;
  readonly keeps: readonly string[];
}

/** Takes all that is asked for, or nothing of it: then it says which counter refused. */
export function takeCounters(
  store: CountedStore,
  taker: Taker,
  { budgets, now }: { readonly budgets: readonly BudgetClaim[]; readonly now: number },
): RefusedTaker | undefined {
  const refusal = refusalOf(budgets, taker.doesKeep, (budget) => against(store, taker, budget));
  if (refusal !== undefined) {
    const { budget, why, keeps } = refusal;
    return {
      refused: { kind: 'refused', counter: budget.counter, ...why },
      // Where one that comes before it keeps the same it would keep nothing yet.
      keeps: keeps.filter((kept) => taker.keptFor(linesOf(kept)) === undefined).map(({ line }) => line),
    };
  }
  const { commandId, processId, node } = taker;
  for (const { counter, operation, until } of budgets)
    store.permits.take({ ...{ commandId, processId, node, counter, operation, until }, takenAt: now });
  return undefined;
}

function linesOf({ line, yieldsTo }: Pick<BudgetClaim, 'line' | 'yieldsTo'>): readonly string[] {
  return yieldsTo === undefined ? [line] : [line, yieldsTo];
}

function against(
  store: CountedStore,
  { node, isBehind, keptFor }: Taker,
  budget: BudgetClaim,
): Pick<RefusedByCounter, 'why' | 'keptFor'> | undefined {
  const room = Math.floor(budget.cap) - takenOf(store, budget, node);
  if (room <= 0) return { why: 'full' };
  const lines = linesOf(budget);
  const keeper = room <= 1 ? keptFor(lines) : undefined;
  if (keeper !== undefined) return { why: 'full', keptFor: keeper };
  return isBehind(lines) ? { why: 'behind' } : undefined;
}
