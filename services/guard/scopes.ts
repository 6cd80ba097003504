import type { FleetPicture } from '../../adapters/ports/journal.js';
import { namesOf } from '../../domain/identifiers.js';
import { isAboutPlace, type Place, type Subject, type Where } from '../../domain/where.js';
import type { Budget, Scope } from './policy.js';

/**
 * What is counted together with this request, as it stands in the name of the counter. Undefined: the scope says nothing of
 * it (its node has no such label, nobody reported it), so the budget does not hold.
 */
export function scopeValueOf(scope: Scope, subject: Subject, place: Place): string | undefined {
  const { cluster, node } = namesOf(subject.node);
  const within = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : `${cluster}/${value}`;
  switch (scope.kind) {
    case 'cluster':
      return cluster;
    case 'pool':
    case 'zone':
      return within(place[scope.kind]);
    case 'node':
      return within(node);
    case 'label':
      return within(place.labels[scope.label]);
    case 'faultType':
    case 'reporter':
    case 'owner':
      return within(subject[scope.kind]);
  }
}

/** The nodes that a budget counts its share of, as they stand in the name of a counter: those of the cluster where its scope is none of nodes. */
export function populationNameOf(scope: Scope, subject: Subject, place: Place): string | undefined {
  switch (scope.kind) {
    case 'faultType':
    case 'reporter':
    case 'owner':
    case 'node':
      return namesOf(subject.node).cluster;
    default:
      return scopeValueOf(scope, subject, place);
  }
}

/**
 * How many nodes a budget counts its share of: its own in its scope. Scopes that are none of nodes (fault type, reporter, owner, a single node) take their
 * share of all nodes of the cluster that the budget is about.
 */
export function populationOf(
  rule: Pick<Budget, 'scope' | 'where'>,
  place: Place,
  picture: FleetPicture,
): number {
  const where = countedPlaces(rule, place);
  let size = 0;
  for (const group of picture.groups) if (isAboutPlace(where, group)) size += group.size;
  return size;
}

/** Where these nodes are; `place` is where one of them is. */
export function countedPlaces(
  { scope, where: { pools, zones, labels } }: Pick<Budget, 'scope' | 'where'>,
  place: Place,
): Pick<Where, 'pools' | 'zones' | 'labels'> {
  const named = {
    ...(pools === undefined ? {} : { pools }),
    ...(zones === undefined ? {} : { zones }),
    ...(labels === undefined ? {} : { labels }),
  };
  switch (scope.kind) {
    case 'pool':
      return { ...named, pools: [place.pool] };
    case 'zone':
      return { ...named, zones: [place.zone] };
    case 'label': {
      const value = place.labels[scope.label];
      return { ...named, labels: { ...labels, [scope.label]: value === undefined ? [] : [value] } };
    }
    default:
      return named;
  }
}
