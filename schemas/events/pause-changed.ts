import {
  questionOf,
  type Incident,
  type Pause,
  type Regression,
  type ToldPause,
} from '../../domain/pause.js';
import { symbolTable } from '../symbol-table.js';

const changes = symbolTable([
  ['began', 'BEGAN'],
  ['grew', 'GREW'],
  ['denied', 'DENIED'],
  ['ended', 'ENDED'],
]);

const ends = symbolTable([
  ['thawed', 'THAWED'],
  ['approved', 'APPROVED'],
  ['expired', 'EXPIRED'],
  ['over', 'OVER'],
  ['joined', 'JOINED'],
]);

interface IncidentPayload {
  readonly breaker: string;
  readonly common: string;
  readonly shared: readonly string[];
  readonly nodes: readonly string[];
  readonly count: number;
  readonly faultTypes: readonly string[];
  readonly since: number;
  readonly latestAt: number;
}

interface RegressionPayload {
  readonly metric: string;
  readonly verdict: string;
  readonly value: number | null;
  readonly baseline: number | null;
  readonly bound: number | null;
  readonly nodes: readonly string[];
  readonly count: number;
}

type Names = readonly string[] | null;

export interface PauseChangedPayload {
  readonly pauseId: string;
  readonly change: 'UNKNOWN' | 'BEGAN' | 'GREW' | 'DENIED' | 'ENDED';
  readonly kind: 'UNKNOWN' | 'FREEZE' | 'INCIDENT' | 'REGRESSION' | 'ROLLOUT';
  readonly at: number;
  readonly by: string;
  readonly reason: string;
  readonly end: 'UNKNOWN' | 'NONE' | 'THAWED' | 'APPROVED' | 'EXPIRED' | 'OVER' | 'JOINED';
  readonly until: number | null;
  readonly operations: Names;
  readonly clusters: Names;
  readonly pools: Names;
  readonly zones: Names;
  readonly labels: Readonly<Record<string, readonly string[]>> | null;
  readonly nodes: Names;
  readonly faultTypes: Names;
  readonly reporters: Names;
  readonly owners: Names;
  readonly incident: IncidentPayload | null;
  readonly regression: RegressionPayload | null;
  readonly changeId: string | null;
}

function kindOf({ incident, regression, rollout }: Pause): PauseChangedPayload['kind'] {
  if (incident !== undefined) return 'INCIDENT';
  if (regression !== undefined) return 'REGRESSION';
  return rollout === undefined ? 'FREEZE' : 'ROLLOUT';
}

function incidentToPayload(incident: Incident): IncidentPayload {
  const { breaker, common, shared, nodes, count, faultTypes, since, latestAt } = incident;
  return { breaker, common, shared, nodes, count, faultTypes, since, latestAt };
}

function regressionToPayload({ verdict, nodes, count }: Regression): RegressionPayload {
  const { metric, reason, value = null, baseline = null, bound = null } = verdict;
  return { metric, verdict: reason, value, baseline, bound, nodes, count };
}

/** Who brought this change about, why and when. More is known of an incident when its latest fault was seen. */
export function verdictOfChange({
  change,
  pause,
  ended,
}: ToldPause): Pick<PauseChangedPayload, 'by' | 'reason' | 'at'> {
  const { by, reason, at } =
    (change === 'ended' ? ended : change === 'denied' ? questionOf(pause)?.denied : undefined) ?? pause.begun;
  return { by, reason, at: change === 'grew' ? Math.max(at, pause.incident?.latestAt ?? at) : at };
}

export function pauseToEvent(told: ToldPause): PauseChangedPayload {
  const { change, pause, ended } = told;
  const { where, incident, regression } = pause;
  return {
    pauseId: pause.id,
    change: changes.toSymbol(change),
    kind: kindOf(pause),
    ...verdictOfChange(told),
    end: ended === undefined ? 'NONE' : ends.toSymbol(ended.how),
    until: pause.until ?? null,
    operations: pause.operations ?? null,
    clusters: where.clusters ?? null,
    pools: where.pools ?? null,
    zones: where.zones ?? null,
    labels: where.labels ?? null,
    nodes: where.nodes ?? null,
    faultTypes: where.faultTypes ?? null,
    reporters: where.reporters ?? null,
    owners: where.owners ?? null,
    incident: incident === undefined ? null : incidentToPayload(incident),
    regression: regression === undefined ? null : regressionToPayload(regression),
    changeId: pause.rollout?.change ?? null,
  };
}
