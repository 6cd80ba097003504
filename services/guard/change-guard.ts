import { namesOf } from '../../domain/identifiers.js';
import type {
  ChangeGuard,
  GuardAnswer,
  PermitAnswer,
  PermitGuard,
} from '../../adapters/ports/change-guard.js';
import type { Clock } from '../../adapters/ports/clock.js';
import type { GuardBook, GuardPresent } from '../../adapters/ports/guard-book.js';
import type { FleetInventory, FleetPicture } from '../../adapters/ports/journal.js';
import { requestOf, type PermitRequest, type RolloutRequest } from '../../domain/permit-request.js';
import { answerTo } from './answer.js';
import { answerToRollout } from './answer-to-rollout.js';
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
  const pictureOf = (cluster: string): Promise<FleetPicture | undefined> =>
    pictures.of(cluster, () => clock.now());
  const askFor = async (request: PermitRequest, now: number): Promise<PermitAnswer> => {
    const [{ version, pauses, verdicts }, picture, member] = await Promise.all([
      present.ask(),
      pictureOf(namesOf(request.node).cluster),
      inventory.member(request.node),
    ]);
    return at(version, answerTo(request, policy(), { picture, member, pauses, verdicts, now }));
  };
  const askForRollout = async (request: RolloutRequest, now: number): Promise<PermitAnswer> => {
    const { version, pauses, verdicts } = await present.ask();
    const named = pauses.flatMap(({ where }) => where.nodes ?? []);
    const [picture, ...members] = await Promise.all([
      pictureOf(request.cluster),
      ...named.map((node) => inventory.member(node)),
    ]);
    const singled = members.filter((member) => member !== undefined);
    return at(version, answerToRollout(request, policy(), { picture, singled, pauses, verdicts, now }));
  };
  return {
    askFor: (request, now) =>
      request.node === undefined ? askForRollout(request, now) : askFor(request, now),
    async ask(command, now) {
      const request = requestOf(command);
      return request === undefined ? { kind: 'ask', budgets: [], askAgainAt: {} } : askFor(request, now);
    },
  };
}

function at(guardVersion: number, answer: GuardAnswer): PermitAnswer {
  return answer.kind === 'ask' ? { ...answer, guardVersion } : answer;
}
