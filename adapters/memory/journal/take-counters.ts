import type { CommandId, NodeKey, ProcessId } from '../../../domain/identifiers.js';
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
}

export type RefusedCounter = { readonly kind: 'refused' } & RefusedByCounter;

/** Takes all that is asked for, or nothing of it: then it says which counter refused, by the order of their names. */
export function takeCounters(
  store: CountedStore,
  { commandId, processId, node, isBehind }: Taker,
  ask: { readonly budgets: readonly BudgetClaim[]; readonly now: number },
): RefusedCounter | undefined {
  const wanted = [...ask.budgets].sort((a, b) => (a.counter < b.counter ? -1 : 1));
  for (const budget of wanted) {
    const { counter, cap, line, yieldsTo } = budget;
    if (takenOf(store, budget, node) >= cap) return { kind: 'refused', why: 'full', counter };
    if (isBehind(yieldsTo === undefined ? [line] : [line, yieldsTo]))
      return { kind: 'refused', why: 'behind', counter };
  }
  for (const { counter, operation, until } of wanted)
    store.permits.take({ ...{ commandId, processId, node, counter, operation, until }, takenAt: ask.now });
  return undefined;
}
