import type { BudgetClaim } from '../ports/journal.js';

/** Whoever has waited so long keeps what it finds room in. */
export const keepsAfterMs = 3_600_000;

/**
 * Whether somebody of this age keeps rooms. It does so for the first three quarters of the second hour, of the third and fourth, of the fifth to
 * eighth and so on: longer each time, so that whatever has to be given back comes within one of them, and with pauses that grow as well, so that
 * nothing waits for ever for what it keeps, whatever else that hangs on.
 */
export function keepsRooms(ageMs: number): boolean {
  let span = keepsAfterMs;
  while (ageMs >= 2 * span && Number.isFinite(span)) span *= 2;
  return ageMs >= span && ageMs < span + (span / 4) * 3;
}

/** The order in which rooms are kept: the narrowest counter first, for a wide one gives something back sooner. Rates last: their rooms come by themselves. */
export function byNarrowness(
  one: Pick<BudgetClaim, 'counter' | 'cap' | 'until'>,
  other: Pick<BudgetClaim, 'counter' | 'cap' | 'until'>,
): number {
  const isRate = ({ until }: Pick<BudgetClaim, 'until'>): number => (until === 'never' ? 1 : 0);
  return (
    isRate(one) - isRate(other) ||
    Math.floor(one.cap) - Math.floor(other.cap) ||
    (one.counter < other.counter ? -1 : 1)
  );
}

/** By the names of counters. */
export function byName(one: Pick<BudgetClaim, 'counter'>, other: Pick<BudgetClaim, 'counter'>): number {
  return one.counter < other.counter ? -1 : 1;
}

/** What stands against a claim, and what it keeps until it has all. */
export interface Refused<Budget, Why> {
  readonly budget: Budget;
  readonly why: Why;
  /** Those before it, which have room. */
  readonly keeps: readonly Budget[];
}

/**
 * The first counter that refuses, if any does: by name, or, of somebody who keeps rooms, in the order in which it keeps them.
 * @param against why a counter refuses; undefined: it does not
 */
export function refusalOf<Budget extends BudgetClaim, Why>(
  budgets: readonly Budget[],
  doesKeep: boolean,
  against: (budget: Budget) => Why | undefined,
): Refused<Budget, Why> | undefined {
  const keeps: Budget[] = [];
  for (const budget of [...budgets].sort(doesKeep ? byNarrowness : byName)) {
    const why = against(budget);
    if (why !== undefined) return { budget, why, keeps };
    if (doesKeep) keeps.push(budget);
  }
  return undefined;
}
