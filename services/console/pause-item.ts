import type { PauseRow } from '../../adapters/ports/guard-book.js';
import type { MetricJudgement, MetricVerdict, StandingVerdict } from '../../domain/metric-verdict.js';
import type { EndOfPause, Incident, Pause, Regression, Verdict } from '../../domain/pause.js';
import { apiVersion, toInstant } from './forms/form.js';
import type { GuardReceipt, PastPauseItem, PauseItem, StandingItem, VerdictItem } from './forms/guard.js';

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

function numbersOf({ says, value, baseline, bound, reason }: MetricJudgement) {
  return {
    ...{ says, reason },
    ...(value === undefined ? {} : { value }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(bound === undefined ? {} : { bound }),
  };
}

export function verdictItemOf(recorded: MetricVerdict): VerdictItem {
  const { metric, at, since } = recorded;
  return { metric, ...numbersOf(recorded), at: toInstant(at), since: toInstant(since) };
}

export function standingItemOf(standing: StandingVerdict): StandingItem {
  return { ...verdictItemOf(standing), overruled: standing.overruled };
}

function regressionItem(regression: Regression): NonNullable<PauseItem['regression']> {
  const { verdict, count, nodes, changes, denied } = regression;
  return {
    metric: verdict.metric,
    ...numbersOf(verdict),
    count,
    nodes: nodes.slice(0, mostNodes),
    changes: [...changes],
    ...(denied === undefined ? {} : { denied: verdictItem(denied) }),
  };
}

function kindOf({ incident, regression, rollout }: Pause): PauseItem['kind'] {
  if (incident !== undefined) return 'incident';
  if (regression !== undefined) return 'regression';
  return rollout === undefined ? 'freeze' : 'rollout';
}

export function pauseItemOf(pause: Pause): PauseItem {
  const { id, where, operations, begun, until, incident, regression, rollout } = pause;
  return {
    id,
    kind: kindOf(pause),
    where,
    ...(operations === undefined ? {} : { operations: [...operations] }),
    by: begun.by,
    reason: begun.reason,
    since: toInstant(begun.at),
    ...(until === undefined ? {} : { until: toInstant(until) }),
    ...(incident === undefined ? {} : { incident: incidentItem(incident) }),
    ...(regression === undefined ? {} : { regression: regressionItem(regression) }),
    ...(rollout === undefined ? {} : { rollout: { ...rollout } }),
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
