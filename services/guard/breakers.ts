import type { AnsweredIncident, FaultCase } from '../../adapters/ports/guard-book.js';
import type { FleetMember, FleetPicture } from '../../adapters/ports/journal.js';
import { namesOf, type NodeKey } from '../../domain/identifiers.js';
import type { Incident } from '../../domain/pause.js';
import { isAbout, type Where } from '../../domain/where.js';
import { partOf } from './caps.js';
import type { CommonScope } from './policy.js';
import { populationOf, scopeValueOf } from './scopes.js';
import { sharedBy } from './shared-by.js';

/** When too many nodes have new faults, nothing more is begun to them until a person says what it is. */
export interface Breaker {
  /** Unique, without a slash. */
  readonly name: string;
  /** What is counted together, and paused: of which nodes, fault type or reporter. */
  readonly scope: CommonScope;
  readonly where: Where;
  /** So many nodes within the window, and such a part of those in the scope (0 to 1). */
  readonly nodes: number;
  readonly share: number;
  readonly withinMs: number;
  /** Over by itself when no new fault came for so long; undefined: only a person ends it. */
  readonly endsAfterMs?: number;
}

/** A new fault, and where its node stands. */
export interface PlacedCase extends FaultCase {
  readonly member: FleetMember;
}

/** A breaker whose limit is reached. */
export interface Trip {
  readonly key: string;
  readonly where: Where;
  readonly incident: Incident;
  /** Never none. */
  readonly cases: readonly PlacedCase[];
}

export interface BreakersKnow {
  readonly cases: readonly PlacedCase[];
  /** By cluster. */
  readonly pictures: ReadonlyMap<string, FleetPicture>;
  readonly answered: readonly AnsweredIncident[];
  /** In windows that are as long as this or longer there are more new faults than can be counted, ms. Undefined: in none. */
  readonly uncountedFromMs?: number;
  /** ms */
  readonly now: number;
}

export const mostNodesTold = 1_000;

/** Pure: which breakers trip by these cases, in their order. What was answered is nothing new. */
export function tripped(breakers: readonly Breaker[], knows: BreakersKnow): readonly Trip[] {
  const cases = knows.cases.filter((one) => !wasAnswered(one, knows.answered));
  return breakers.flatMap((breaker) => tripsOf(breaker, { ...knows, cases }));
}

function wasAnswered(one: PlacedCase, answered: readonly AnsweredIncident[]): boolean {
  return answered.some(({ where, at }) => one.at <= at && isAbout(where, one, one.member));
}

function tripsOf(
  breaker: Breaker,
  { cases, pictures, now, uncountedFromMs = Infinity }: BreakersKnow,
): readonly Trip[] {
  const { name, scope, where, withinMs } = breaker;
  // A share of a very large fleet would never be reached by those that were counted.
  const counted = withinMs >= uncountedFromMs ? { ...breaker, share: 0 } : breaker;
  const together = new Map<string, PlacedCase[]>();
  for (const one of cases) {
    if (one.at < now - withinMs || !isAbout(where, one, one.member)) continue;
    const value = scopeValueOf(scope, one, one.member);
    if (value === undefined) continue;
    const key = `${name}/${value}`;
    const others = together.get(key);
    if (others === undefined) together.set(key, [one]);
    else others.push(one);
  }
  return [...together].flatMap(([key, ofKey]) => tripOf(counted, key, ofKey, pictures) ?? []);
}

function tripOf(
  breaker: Breaker,
  key: string,
  cases: readonly PlacedCase[],
  pictures: BreakersKnow['pictures'],
): Trip | undefined {
  const [first] = cases;
  if (first === undefined) return undefined;
  const nodes = new Set(cases.map(({ node }) => node));
  const picture = pictures.get(namesOf(first.node).cluster);
  if (!isTooMany(breaker, nodes.size, first, picture)) return undefined;
  const incident = incidentOf(breaker, cases, nodes, picture);
  return { key, where: whereOf(breaker, first), incident, cases };
}

function isTooMany(
  breaker: Breaker,
  count: number,
  { member }: PlacedCase,
  picture: FleetPicture | undefined,
): boolean {
  const size = picture === undefined ? 0 : populationOf(breaker, member, picture);
  return count >= breaker.nodes && count >= partOf(breaker.share, size);
}

/** What such a pause is about: what the breaker is, where these nodes are. */
function whereOf({ scope, where }: Breaker, first: PlacedCase): Where {
  const { cluster } = namesOf(first.node);
  const { pool, zone, labels } = first.member;
  const within: Where = { ...where, clusters: [cluster] };
  switch (scope.kind) {
    case 'cluster':
      return within;
    case 'pool':
      return { ...within, pools: [pool] };
    case 'zone':
      return { ...within, zones: [zone] };
    case 'faultType':
      return { ...within, faultTypes: [first.faultType] };
    case 'reporter':
      return { ...within, reporters: first.reporter === undefined ? [] : [first.reporter] };
    case 'label':
      return { ...within, labels: { ...where.labels, [scope.label]: [labels[scope.label] ?? ''] } };
  }
}

function incidentOf(
  { name, scope }: Breaker,
  cases: readonly PlacedCase[],
  nodes: ReadonlySet<NodeKey>,
  picture: FleetPicture | undefined,
): Incident {
  return {
    breaker: name,
    common: commonOf(scope, cases),
    shared: sharedBy(cases, scope, picture),
    nodes: [...nodes].slice(0, mostNodesTold),
    count: nodes.size,
    faultTypes: [...new Set(cases.map(({ faultType }) => faultType))].sort(),
    since: Math.min(...cases.map(({ at }) => at)),
    latestAt: Math.max(...cases.map(({ at }) => at)),
  };
}

function commonOf(scope: Breaker['scope'], [first]: readonly PlacedCase[]): string {
  if (first === undefined) return '';
  const { cluster } = namesOf(first.node);
  const value = scopeValueOf(scope, first, first.member)?.slice(cluster.length + 1);
  if (scope.kind === 'cluster') return `cluster ${cluster}`;
  return `${scope.kind === 'label' ? scope.label : scope.kind} ${value ?? ''} of cluster ${cluster}`;
}
