import type { BudgetClaim } from '../../ports/journal.js';

/** As the functions of the database take them: caps are whole numbers there. */
export function askedBudgets(budgets: readonly BudgetClaim[]): readonly BudgetClaim[] {
  return budgets.map((budget) => ({ ...budget, cap: Math.max(Math.floor(budget.cap), 0) }));
}
