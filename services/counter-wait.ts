import type { Leave } from '../adapters/ports/change-guard.js';

/** Who was refused by a counter. */
interface RefusedByCounter {
  readonly why: 'full' | 'behind';
  readonly counter: string;
}

/** What whoever was refused waits for, in words and in which line, and when to ask again (ms) if the guard has said that. */
export interface CounterWait {
  readonly reason: string;
  readonly line?: string;
  readonly askAgainAt: number | undefined;
}

/** Pure: our own commands and changes of others wait in the same words and lines. */
export function counterWait({ why, counter }: RefusedByCounter, { budgets, askAgainAt }: Leave): CounterWait {
  const line = budgets.find((budget) => budget.counter === counter)?.line;
  return {
    reason: `${why === 'full' ? 'BudgetFull' : 'BehindOthers'}: ${counter}`,
    ...(line === undefined ? {} : { line }),
    askAgainAt: askAgainAt[counter],
  };
}
