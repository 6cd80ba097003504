import type { ChangeRow } from '../../adapters/ports/change-book.js';
import type { Change } from '../../domain/change.js';
import { namesOf } from '../../domain/identifiers.js';
import type { SeenHealth } from '../../domain/seen-health.js';
import type { ChangeItem } from './forms/changes.js';
import { toInstant } from './forms/form.js';

/** How a change stands. One whose lease ran out is over, even if nobody has taken it back yet. */
export function statusOf({ ended, soak, granted, leaseUntil }: ChangeRow, now: number): ChangeItem['status'] {
  if (ended !== undefined) return ended.how;
  if (soak !== undefined) return 'soaking';
  if (leaseUntil <= now) return granted === undefined ? 'abandoned' : 'lost';
  return granted === undefined ? 'waiting' : 'granted';
}

export function changeItemOf(row: ChangeRow, now: number): ChangeItem {
  const { change, leaseUntil, waiting, granted, before, soak, ended } = row;
  const { id, operation, reason, owner, key, askedAt } = change;
  const status = statusOf(row, now);
  return {
    ...{ id, status, ...aboutOf(change), operation, reason },
    ...{ owner, key, askedAt: toInstant(askedAt) },
    ...(ended === undefined && soak === undefined ? { leaseUntil: toInstant(leaseUntil) } : {}),
    ...(waiting === undefined || status !== 'waiting' ? {} : { waiting: waitingItem(waiting) }),
    ...(granted === undefined ? {} : { token: granted.token, grantedAt: toInstant(granted.at) }),
    ...(before === undefined ? {} : { before: beforeItem(before) }),
    ...(soak === undefined ? {} : { soak: { ...endItem(soak.said), until: toInstant(soak.until) } }),
    ...(ended === undefined ? {} : { ended: endItem(ended) }),
  };
}

function aboutOf(
  change: Change,
): Pick<ChangeItem, 'cluster' | 'node' | 'scope' | 'faultType' | 'onlyHealthy'> {
  if (change.rollout !== undefined) {
    const { cluster, scope } = change.rollout;
    return { cluster, scope };
  }
  const { node, faultType, onlyHealthy } = change;
  return {
    ...namesOf(node),
    ...(faultType === undefined ? {} : { faultType }),
    ...(onlyHealthy === undefined ? {} : { onlyHealthy }),
  };
}

function waitingItem({
  reason,
  place,
  askAgainAt,
}: NonNullable<ChangeRow['waiting']>): NonNullable<ChangeItem['waiting']> {
  return { reason, ...(place === undefined ? {} : { place }), askAgainAt: toInstant(askAgainAt) };
}

function beforeItem({ health, conditions, at }: SeenHealth): NonNullable<ChangeItem['before']> {
  return { health, conditions: [...conditions], at: toInstant(at) };
}

function endItem({ by, message, at }: NonNullable<ChangeRow['ended']>): NonNullable<ChangeItem['ended']> {
  return { by, ...(message === undefined ? {} : { message }), at: toInstant(at) };
}
