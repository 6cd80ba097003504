import { namesOf } from '../../domain/identifiers.js';
import type { ChangeGuard, PermitAnswer, PermitGuard } from '../../adapters/ports/change-guard.js';
import type { Clock } from '../../adapters/ports/clock.js';
import type { GuardBook, GuardPresent } from '../../adapters/ports/guard-book.js';
import type { FleetInventory } from '../../adapters/ports/journal.js';
import { requestOf, type PermitRequest } from '../../domain/permit-request.js';
import { answerTo } from './answer.js';
import { FleetPictures } from './fleet-pictures.js';
import type { GuardPolicy } from './policy.js';
import { SharedQuestion } from './shared-question.js';

/** The guard: pauses and verdicts as they stand in its book, and budgets by the policy, counted by the inventory that the detector keeps. */
export function createChangeGuard(options: {
  readonly inventory: FleetInventory;
  readonly book: Pick<GuardBook, 'present'>;
  /** That which holds now: it may change from one question to the next. */
  readonly policy: () => GuardPolicy;
  readonly clock: Pick<Clock, 'now'>;
}): ChangeGuard & PermitGuard {
  const { inventory, book, policy, clock } = options;
  const pictures = new FleetPictures(inventory);
  const present = new SharedQuestion<GuardPresent>(() => book.present());
  const askFor = async (request: PermitRequest, now: number): Promise<PermitAnswer> => {
    const [{ version, pauses, verdicts }, picture, member] = await Promise.all([
      present.ask(),
      pictures.of(namesOf(request.node).cluster, () => clock.now()),
      inventory.member(request.node),
    ]);
    const answer = answerTo(request, policy(), { picture, member, pauses, verdicts, now });
    return answer.kind === 'ask' ? { ...answer, guardVersion: version } : answer;
  };
  return {
    askFor,
    async ask(command, now) {
      const request = requestOf(command);
      return request === undefined ? { kind: 'ask', budgets: [], askAgainAt: {} } : askFor(request, now);
    },
  };
}
