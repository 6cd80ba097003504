import type { Leave } from '../adapters/ports/change-guard.js';
import { waitingReason, type RefusedByCounter } from '../adapters/ports/line-wait.js';

/** What a change that was refused waits for, in words and in which line, and when to ask again (ms) if the guard has said that. */
export interface CounterWait {
  readonly reason: string;
  readonly line?: string;
  readonly askAgainAt: number | undefined;
}

/** Pure: our own commands and changes of others wait in the same words and lines. */
export function counterWait(refused: RefusedByCounter, { budgets, askAgainAt }: Leave): CounterWait {
  const { counter } = refused;
  const line = budgets.find((budget) => budget.counter === counter)?.line;
  return {
    reason: waitingReason(refused),
    ...(line === undefined ? {} : { line }),
    askAgainAt: askAgainAt[counter],
  };
}
