import type { GuardAnswer } from '../../adapters/ports/change-guard.js';
import type { FleetMember, FleetPicture } from '../../adapters/ports/journal.js';
import { holdsBack, isInForce, type Pause } from '../../domain/pause.js';
import type { PermitRequest } from '../../domain/permit-request.js';
import type { StandingVerdict } from '../../domain/metric-verdict.js';
import { budgetsFor, nextTick } from './budgets.js';
import { isAbout, type Where } from '../../domain/where.js';
import { heldByMetric } from './metrics/hold-by-metrics.js';
import type { GuardPolicy } from './policy.js';

/** What the guard knows when it is asked. */
export interface GuardKnows {
  readonly picture: FleetPicture | undefined;
  readonly member: FleetMember | undefined;
  /** In force. */
  readonly pauses: readonly Pause[];
  readonly verdicts: readonly StandingVerdict[];
  /** ms */
  readonly now: number;
}

/** Pure: a fresh picture of the fleet first, then pauses, then business metrics, then budgets. */
export function answerTo(request: PermitRequest, policy: GuardPolicy, knows: GuardKnows): GuardAnswer {
  const { picture, member, pauses, verdicts, now } = knows;
  const until = nextTick(now, policy.askAgainMs);
  if (!isFresh(picture, policy, now)) return { kind: 'wait', reason: 'NoFreshInventory', until };
  if (member === undefined) return { kind: 'wait', reason: 'NodeNotInInventory', until };
  const pause = pauses.find((one) => isInForce(one, now) && holdsBack(one, request, member));
  if (pause !== undefined) return waitForEndOf(pause, until);
  const { operation } = request;
  const asked = { operation, isAbout: (where: Where) => isAbout(where, request, member) };
  const held = heldByMetric(asked, policy.business, { verdicts, now });
  if (held !== undefined) return { kind: 'wait', reason: held, until };
  return budgetsFor(request, policy, { picture, member, now });
}

export function isFresh(
  picture: FleetPicture | undefined,
  { inventoryMaximumAgeMs }: Pick<GuardPolicy, 'inventoryMaximumAgeMs'>,
  now: number,
): picture is FleetPicture {
  return picture !== undefined && now - picture.observedAt <= inventoryMaximumAgeMs;
}

/** @param latest when to ask again at the latest, ms */
export function waitForEndOf({ id, begun, incident, until }: Pause, latest: number): GuardAnswer {
  const why = incident === undefined ? begun.reason : `${incident.breaker}, ${incident.common}`;
  return { kind: 'wait', reason: `Paused: ${id} (${why})`, until: Math.min(latest, until ?? latest) };
}
