import type { GuardAnswer } from '../../adapters/ports/change-guard.js';
import type { FleetMember, FleetPicture } from '../../adapters/ports/journal.js';
import type { StandingVerdict } from '../../domain/metric-verdict.js';
import { namesOf } from '../../domain/identifiers.js';
import { holdsBack, holdsBackPart, isInForce, type Pause } from '../../domain/pause.js';
import type { RolloutRequest } from '../../domain/permit-request.js';
import { isAboutPart, isAboutPlace, type Place, type Where } from '../../domain/where.js';
import { isFresh, waitForEndOf } from './answer.js';
import { longestWaitTicks, nextTick, quietBudget } from './budgets.js';
import { heldByMetric } from './metrics/hold-by-metrics.js';
import { partsOf } from './of-place.js';
import type { GuardPolicy } from './policy.js';

/** What the guard knows when a rollout is asked for. */
interface GuardKnows {
  readonly picture: FleetPicture | undefined;
  /** Nodes that pauses name one by one. */
  readonly singled: readonly FleetMember[];
  /** In force. */
  readonly pauses: readonly Pause[];
  readonly verdicts: readonly StandingVerdict[];
  /** ms */
  readonly now: number;
}

/**
 * Pure: whoever has leave for a rollout may come to any node of it, so it waits while a release is held back anywhere there. It takes
 * nothing of budgets: that is asked for with each node.
 */
export function answerToRollout(
  request: RolloutRequest,
  policy: GuardPolicy,
  knows: GuardKnows,
): GuardAnswer {
  const { picture, verdicts, now } = knows;
  const { operation, scope } = request;
  const until = nextTick(now, policy.askAgainMs);
  if (!isFresh(picture, policy, now)) return { kind: 'wait', reason: 'NoFreshInventory', until };
  const parts = partsOf(picture, scope);
  if (parts.length === 0) return { kind: 'wait', reason: 'NoNodeInScope', until };
  const pause = pauseIn(request, parts, knows);
  if (pause !== undefined) return waitForEndOf(pause, until);
  const isAbout = (where: Where): boolean => parts.some((part) => isAboutPart(where, request, part));
  const held = heldByMetric({ operation, isAbout }, policy.business, { verdicts, now });
  if (held !== undefined) return { kind: 'wait', reason: held, until };
  const quiet = quietBudget(
    policy.budgets.filter(({ operations, where }) => operations.includes(operation) && isAbout(where)),
    now,
  );
  if (quiet === undefined) return { kind: 'ask', budgets: [], askAgainAt: {} };
  const latest = nextTick(now, longestWaitTicks * policy.askAgainMs);
  return { kind: 'wait', reason: `QuietHours: ${quiet.name}`, until: Math.min(quiet.until, latest) };
}

/** One that holds a release back somewhere in these parts of the cluster. */
function pauseIn(
  request: RolloutRequest,
  parts: readonly Place[],
  { singled, pauses, now }: GuardKnows,
): Pause | undefined {
  const { cluster, scope, operation, owner } = request;
  const members = singled.filter(
    (member) => namesOf(member.node).cluster === cluster && isAboutPlace(scope, member),
  );
  return pauses.find(
    (pause) =>
      isInForce(pause, now) &&
      (parts.some((part) => holdsBackPart(pause, request, part)) ||
        members.some((member) => holdsBack(pause, { node: member.node, operation, owner }, member))),
  );
}
