import type { ChangeBook, ChangeRow, GrantAnswer } from '../../adapters/ports/change-book.js';
import type { Leave, PermitGuard } from '../../adapters/ports/change-guard.js';
import { waitingReason } from '../../adapters/ports/line-wait.js';
import { leaseWait, type LeasesOfClusters } from '../../adapters/ports/node-lease.js';
import type { CommandQueue } from '../../adapters/ports/journal.js';
import type { Clock } from '../../adapters/ports/clock.js';
import type { Operation } from '../../domain/command.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { sawTheSame, type SeenHealth } from '../../domain/seen-health.js';
import { requestOfChange } from '../../domain/permit-request.js';
import { giveUpLease, isRefused, takeLease } from '../take-lease.js';

export interface GrantSource {
  readonly book: ChangeBook;
  readonly permits: Pick<CommandQueue, 'releaseEnded'>;
  readonly guard: PermitGuard;
  readonly leases?: LeasesOfClusters;
  /** How a node is now. */
  readonly healthOf: (node: NodeKey) => Promise<SeenHealth>;
  /** Whether this is for nodes that are well, by the policy that is in force, whoever asks. */
  readonly isOnlyForHealthy: (operation: Operation) => boolean;
  readonly clock: Pick<Clock, 'now' | 'waitUntil'>;
}

/** Nobody tells that a node is well again. */
const lookAgainMs = 15_000;

/** So often it is asked anew about what has changed meanwhile; then it waits like others. */
const mostQuestions = 3;

type Refusal = Extract<GrantAnswer, { readonly kind: 'refused' }>;

/**
 * Asks for a change that waits; afterwards it is granted, or says what it waits for. Of one that does not wait nothing is
 * changed.
 */
export async function tryGrant(source: GrantSource, row: ChangeRow): Promise<void> {
  const { book, permits, guard, clock, leases } = source;
  const { change } = row;
  const { id, node, leaseMs } = change;
  const request = requestOfChange(change);
  // Whoever waits has to give a sign of life anyway, well within its lease.
  const soon = (at: number): number => Math.min(at, clock.now() + Math.floor(leaseMs / 3));
  const notHealthy = await lookBefore(source, row);
  for (let question = 1; ; question += 1) {
    const answer = await guard.askFor(request, clock.now());
    if (answer.kind === 'wait') {
      await book.wait(id, { reason: answer.reason, askAgainAt: soon(answer.until) });
      return;
    }
    if (notHealthy !== undefined) {
      await book.wait(id, { reason: notHealthy, askAgainAt: soon(clock.now() + lookAgainMs) });
      return;
    }
    const lease = node === undefined ? undefined : await takeLease(leases, node);
    if (isRefused(lease)) {
      await book.wait(id, { reason: leaseWait(lease), askAgainAt: soon(Infinity) });
      return;
    }
    const { budgets, guardVersion } = answer;
    const granted = await book.grant(id, { now: clock.now(), budgets, guardVersion });
    if (granted.kind !== 'refused') return;
    // Whoever only waits keeps nobody off; what our own processes hold by the same lease they have kept since.
    if (node !== undefined && lease?.kind === 'taken') await giveUpLease(leases, node, lease);
    const mayAskAnew = question < mostQuestions;
    if (granted.why === 'changed' && mayAskAnew) continue;
    // Processes that are over may still hold what is asked for. Whoever stands before it in line gets that first.
    if (granted.why === 'full' && (await permits.releaseEnded()) > 0 && mayAskAnew) continue;
    const { askAgainAt = Infinity, ...wait } = waitOf(granted, answer);
    await book.wait(id, { ...wait, askAgainAt: soon(askAgainAt) });
    return;
  }
}

/**
 * Looks how its node is, and keeps that beside the change where it is news.
 *
 * @returns why it has to wait, if it is for a node that is well and this one is not
 */
async function lookBefore(
  { book, healthOf, isOnlyForHealthy }: GrantSource,
  { change, before }: ChangeRow,
): Promise<string | undefined> {
  if (change.rollout !== undefined) return undefined;
  const seen = await healthOf(change.node);
  if (before === undefined || !sawTheSame(before, seen)) await book.noteHealth(change.id, seen);
  const isOnlyHealthy = change.onlyHealthy ?? isOnlyForHealthy(change.operation);
  if (!isOnlyHealthy || seen.health === 'healthy') return undefined;
  return `NodeNotHealthy: ${seen.conditions.join(', ') || seen.health}`;
}

/** In the words in which our own commands are refused. */
function waitOf(
  refused: Refusal,
  leave: Leave,
): Omit<Parameters<ChangeBook['wait']>[1], 'askAgainAt'> & { readonly askAgainAt?: number | undefined } {
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
      const { counter } = refused;
      const refusing = leave.budgets.find((budget) => budget.counter === counter);
      return {
        reason: waitingReason(refused),
        ...(refusing === undefined ? {} : { line: refusing.line }),
        ...(refusing?.isFarOff === true && refused.why === 'full' ? { keepsNothing: true } : {}),
        askAgainAt: leave.askAgainAt[counter],
      };
    }
  }
}
