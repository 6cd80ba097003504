import type { FleetGroup, FleetPicture } from '../../adapters/ports/journal.js';
import { takingOut } from '../../domain/command.js';
import { isAboutPlace, type Place, type Where } from '../../domain/where.js';
import type { Breaker } from './breakers.js';
import type { BusinessMetric } from './metrics/business-metric.js';
import type { Budget } from './policy.js';
import { partsOf } from './of-place.js';
import { populationOf } from './scopes.js';

/** Something that a rule names and the inventory does not have. */
export interface UnknownPlace {
  readonly kind: 'budgets' | 'breakers' | 'metrics';
  /** Of the budget, breaker or metric. */
  readonly name: string;
  /** Where it stands below the rule, as it is written: `where`, `pools`, 0. */
  readonly path: readonly (string | number)[];
  readonly reason: string;
}

export interface KnownFleet {
  /** Names of the clusters that are configured. */
  readonly clusters: readonly string[];
  /** Labels that the inventory keeps of nodes: of others it can't tell whether a node has them. */
  readonly labels: readonly string[];
  /** By cluster. One that is missing or has no nodes says nothing yet. */
  readonly pictures: ReadonlyMap<string, FleetPicture>;
}

/** What names places. A metric has no scope: it is about all of them together. */
type Rule = Pick<Budget, 'name' | 'where'> & Partial<Pick<Budget, 'scope'>>;

interface Rules {
  readonly budgets: readonly Budget[];
  readonly breakers: readonly Breaker[];
  readonly metrics: readonly Pick<BusinessMetric, 'name' | 'where'>[];
}

type Found = Pick<UnknownPlace, 'path' | 'reason'>;

/**
 * Pure: what a policy names that no node of the inventory has, and budgets that no node could ever be taken out by. A share of nothing
 * holds nothing back, and neither does a metric of nothing: mostly a name is wrong. A rule is only judged where each of its clusters was observed.
 */
export function unknownPlaces(
  { budgets, breakers, metrics }: Rules,
  fleet: KnownFleet,
): readonly UnknownPlace[] {
  return [
    ...budgets.flatMap((budget) =>
      found('budgets', budget, [...placesOf(budget, fleet), ...roomOf(budget, fleet)]),
    ),
    ...breakers.flatMap((breaker) => found('breakers', breaker, placesOf(breaker, fleet))),
    ...metrics.flatMap((metric) => found('metrics', metric, placesOf(metric, fleet))),
  ];
}

function found(
  kind: UnknownPlace['kind'],
  { name }: Rule,
  places: readonly Found[],
): readonly UnknownPlace[] {
  return places.map((place) => ({ kind, name, ...place }));
}

/** All pictures that a rule is about; undefined: one of them is not known yet, or no cluster is looked after. */
function picturesOf(
  { where }: Rule,
  { clusters, pictures }: KnownFleet,
): readonly FleetPicture[] | undefined {
  const wanted = where.clusters ?? clusters;
  const known = wanted
    .flatMap((cluster) => pictures.get(cluster) ?? [])
    .filter(({ groups }) => groups.length > 0);
  return known.length > 0 && known.length === wanted.length ? known : undefined;
}

function placesOf(rule: Rule, fleet: KnownFleet): readonly Found[] {
  const groups = picturesOf(rule, fleet)?.flatMap((picture) => picture.groups);
  if (groups === undefined) return [];
  const { scope, where } = rule;
  const { pools = [], zones = [], labels = {} } = where;
  const missing = [
    ...missingFrom({ path: ['pools'], what: 'pool' }, pools, (value) =>
      groups.some(({ pool }) => pool === value),
    ),
    ...missingFrom({ path: ['zones'], what: 'zone' }, zones, (value) =>
      groups.some(({ zone }) => zone === value),
    ),
    ...Object.entries(labels).flatMap(([label, values]) =>
      fleet.labels.includes(label)
        ? missingFrom({ path: ['labels', label], what: label }, values, (value) =>
            groups.some((group) => group.labels[label] === value),
          )
        : [],
    ),
  ];
  if (missing.length > 0) return missing;
  if (scope?.kind === 'label' && fleet.labels.includes(scope.label) && !hasLabel(groups, scope.label))
    return [{ path: ['scope'], reason: `no node of the inventory has the label ${scope.label}` }];
  const knowsAll = Object.keys(labels).every((label) => fleet.labels.includes(label));
  return knowsAll && !isSomewhere(groups, where)
    ? [{ path: ['where'], reason: 'no node of the inventory fits all of it' }]
    : [];
}

function missingFrom(
  { path, what }: { readonly path: readonly string[]; readonly what: string },
  values: readonly string[],
  isThere: (value: string) => boolean,
): readonly Found[] {
  return [...values.entries()].flatMap(([index, value]) =>
    isThere(value)
      ? []
      : [{ path: ['where', ...path, index], reason: `no node of the inventory has ${what} ${value}` }],
  );
}

function hasLabel(groups: readonly FleetGroup[], label: string): boolean {
  return groups.some(({ labels }) => labels[label] !== undefined);
}

function isSomewhere(groups: readonly Place[], where: Where): boolean {
  return groups.some((group) => isAboutPlace(where, group));
}

/** Whether a number of nodes that has to stay is never exceeded anywhere. */
function roomOf(budget: Budget, fleet: KnownFleet): readonly Found[] {
  const { minimumHealthy, operations, where } = budget;
  if (minimumHealthy === undefined || !('count' in minimumHealthy)) return [];
  if (!operations.some((operation) => takingOut.includes(operation))) return [];
  const pictures = picturesOf(budget, fleet);
  if (pictures === undefined) return [];
  const sizes = pictures.flatMap((picture) =>
    partsOf(picture, where).map((group) => populationOf(budget, group, picture)),
  );
  const largest = Math.max(0, ...sizes);
  return largest === 0 || largest > minimumHealthy.count
    ? []
    : [
        {
          path: ['minimumHealthy', 'count'],
          reason: `no node could ever be taken out: at most ${largest} are counted together`,
        },
      ];
}
