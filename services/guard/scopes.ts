import type { FleetPicture } from '../../adapters/ports/journal.js';
import { namesOf } from '../../domain/identifiers.js';
import { isAboutPlace, type Place, type Subject } from '../../domain/where.js';
import type { Budget, Scope } from './policy.js';

/** The nodes that a budget counts its share of. */
export interface Population {
  readonly size: number;
  readonly unavailableByOthers: number;
}

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

/**
 * The nodes of a budget in its scope. Scopes that are none of nodes (fault type, reporter, owner, a single node) take their
 * share of all nodes of the cluster that the budget is about.
 */
export function populationOf(
  { scope, where }: Pick<Budget, 'scope' | 'where'>,
  place: Place,
  picture: FleetPicture,
): Population {
  let size = 0;
  let unavailableByOthers = 0;
  for (const group of picture.groups) {
    if (!isAboutPlace(where, group) || !isTogether(scope, group, place)) continue;
    size += group.size;
    unavailableByOthers += group.unavailableByOthers;
  }
  return { size, unavailableByOthers };
}

function isTogether(scope: Scope, group: Place, member: Place): boolean {
  if (scope.kind === 'pool' || scope.kind === 'zone') return group[scope.kind] === member[scope.kind];
  return scope.kind !== 'label' || group.labels[scope.label] === member.labels[scope.label];
}
