import type { PauseRow } from '../../adapters/ports/guard-book.js';
import type { EndOfPause, Incident, Pause, Verdict } from '../../domain/pause.js';
import { apiVersion, toInstant } from './forms/form.js';
import type { GuardReceipt, PastPauseItem, PauseItem } from './forms/guard.js';

/** Nodes of an incident that are named: its count says how many there are. */
const mostNodes = 20;

function verdictItem({ by, reason, at }: Verdict) {
  return { by, reason, at: toInstant(at) };
}

function incidentItem(incident: Incident): NonNullable<PauseItem['incident']> {
  const { breaker, common, shared, count, nodes, faultTypes, latestAt, denied } = incident;
  return {
    ...{ breaker, common, shared: [...shared], count },
    nodes: nodes.slice(0, mostNodes),
    faultTypes: [...faultTypes],
    latestAt: toInstant(latestAt),
    ...(denied === undefined ? {} : { denied: verdictItem(denied) }),
  };
}

export function pauseItemOf({ id, where, operations, begun, until, incident }: Pause): PauseItem {
  return {
    id,
    kind: incident === undefined ? 'freeze' : 'incident',
    where,
    ...(operations === undefined ? {} : { operations: [...operations] }),
    by: begun.by,
    reason: begun.reason,
    since: toInstant(begun.at),
    ...(until === undefined ? {} : { until: toInstant(until) }),
    ...(incident === undefined ? {} : { incident: incidentItem(incident) }),
  };
}

function endItem({ how, ...verdict }: EndOfPause): NonNullable<PastPauseItem['ended']> {
  return { how, ...verdictItem(verdict) };
}

/** One that may be over. */
export function pastPauseItemOf({ pause, ended }: PauseRow): PastPauseItem {
  return { ...pauseItemOf(pause), ...(ended === undefined ? {} : { ended: endItem(ended) }) };
}

/** What a person is told about an order concerning this pause. */
export function guardReceiptOf(
  verb: GuardReceipt['verb'],
  pause: Pause,
  given: Pick<GuardReceipt, 'changed' | 'dryRun' | 'subject' | 'reason'>,
): GuardReceipt {
  const { changed, dryRun, subject, reason } = given;
  const item = pauseItemOf(pause);
  return {
    apiVersion,
    kind: 'GuardReceipt',
    id: pause.id,
    verb,
    changed,
    pause: item,
    subject,
    reason,
    dryRun,
  };
}
