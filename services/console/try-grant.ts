import type { ChangeBook, ChangeRow, GrantAnswer } from '../../adapters/ports/change-book.js';
import type { GuardAnswer, PermitGuard } from '../../adapters/ports/change-guard.js';

export interface GrantSource {
  readonly book: ChangeBook;
  readonly guard: PermitGuard;
  /** ms */
  readonly now: () => number;
}

/** Pauses that begin or end while the guard is asked; after so many it waits like others. */
const mostQuestions = 3;

type Refusal = Extract<GrantAnswer, { readonly kind: 'refused' }>;
type Leave = Extract<GuardAnswer, { readonly kind: 'ask' }>;

/**
 * Asks for a change that waits; afterwards it is granted, or says what it waits for. Of one that does not wait nothing is
 * changed.
 */
export async function tryGrant(source: GrantSource, { change }: ChangeRow): Promise<void> {
  const { book, guard, now } = source;
  const { id, node, operation, owner, faultType, leaseMs } = change;
  const request = { node, operation, owner, ...(faultType === undefined ? {} : { faultType }) };
  // Whoever waits has to give a sign of life anyway, well within its lease.
  const soon = (at: number): number => Math.min(at, now() + Math.floor(leaseMs / 3));
  for (let question = 1; ; question += 1) {
    const answer = await guard.askFor(request, now());
    if (answer.kind === 'wait') {
      await book.wait(id, { reason: answer.reason, askAgainAt: soon(answer.until) });
      return;
    }
    const { budgets, guardVersion = 0 } = answer;
    const granted = await book.grant(id, { now: now(), budgets, guardVersion });
    if (granted.kind !== 'refused') return;
    if (granted.why === 'changed' && question < mostQuestions) continue;
    await book.wait(id, { ...refusedAs(granted, answer), askAgainAt: soon(againAt(granted, answer)) });
    return;
  }
}

/** In the words in which our own commands are refused. */
function refusedAs(
  refused: Refusal,
  { budgets }: Leave,
): { readonly reason: string; readonly line?: string } {
  switch (refused.why) {
    case 'changed':
      return { reason: 'GuardChanged' };
    case 'paused':
      return { reason: 'JournalPaused' };
    case 'process':
      return { reason: `NodeInMaintenance: ${refused.holder}` };
    case 'change':
      return { reason: `HeldByChange: ${refused.holder}` };
    case 'full':
    case 'behind': {
      const reason = `${refused.why === 'full' ? 'BudgetFull' : 'BehindOthers'}: ${refused.counter}`;
      const line = budgets.find(({ counter }) => counter === refused.counter)?.line;
      return { reason, ...(line === undefined ? {} : { line }) };
    }
  }
}

function againAt(refused: Refusal, { askAgainAt }: Leave): number {
  return 'counter' in refused ? (askAgainAt[refused.counter] ?? Infinity) : Infinity;
}
