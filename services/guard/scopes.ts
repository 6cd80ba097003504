import type { FleetGroup, FleetMember, FleetPicture } from '../../adapters/ports/journal.js';
import { namesOf } from '../../domain/identifiers.js';
import type { PermitRequest } from './permit-request.js';
import type { Budget, Scope, Where } from './policy.js';

/** A request, and the node that it is about as the inventory knows it. */
export interface Asked {
  readonly request: PermitRequest;
  readonly member: FleetMember;
}

/** The nodes that a budget counts its share of. */
export interface Population {
  readonly size: number;
  readonly unavailableByOthers: number;
}

/** Whether a budget, or whatever else is about some nodes and faults only, is about this request. */
export function isAbout(where: Where, { request, member }: Asked): boolean {
  const { cluster } = namesOf(request.node);
  return (
    isOneOf(where.clusters, cluster) &&
    isOneOf(where.faultTypes, request.faultType) &&
    isOneOf(where.reporters, request.reporter) &&
    isOneOf(where.owners, request.owner) &&
    isOfNodes(where, member)
  );
}

/**
 * What is counted together with this request, as it stands in the name of the counter. Undefined: the scope says nothing of
 * it (its node has no such label, nobody reported it), so the budget does not hold.
 */
export function scopeValueOf(scope: Scope, { request, member }: Asked): string | undefined {
  const { cluster, node } = namesOf(request.node);
  const within = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : `${cluster}/${value}`;
  switch (scope.kind) {
    case 'cluster':
      return cluster;
    case 'pool':
    case 'zone':
      return within(member[scope.kind]);
    case 'node':
      return within(node);
    case 'label':
      return within(member.labels[scope.label]);
    case 'faultType':
    case 'reporter':
    case 'owner':
      return within(request[scope.kind]);
  }
}

/**
 * The nodes of a budget in its scope. Scopes that are none of nodes (fault type, reporter, owner, a single node) take their
 * share of all nodes of the cluster that the budget is about.
 */
export function populationOf(
  { scope, where }: Budget,
  member: FleetMember,
  picture: FleetPicture,
): Population {
  let size = 0;
  let unavailableByOthers = 0;
  for (const group of picture.groups) {
    if (!isOfNodes(where, group) || !isTogether(scope, group, member)) continue;
    size += group.size;
    unavailableByOthers += group.unavailableByOthers;
  }
  return { size, unavailableByOthers };
}

type Place = Pick<FleetGroup, 'pool' | 'zone' | 'labels'>;

function isOfNodes({ pools, zones, labels = {} }: Where, place: Place): boolean {
  return (
    isOneOf(pools, place.pool) &&
    isOneOf(zones, place.zone) &&
    Object.entries(labels).every(([label, values]) => isOneOf(values, place.labels[label]))
  );
}

function isTogether(scope: Scope, group: Place, member: Place): boolean {
  if (scope.kind === 'pool' || scope.kind === 'zone') return group[scope.kind] === member[scope.kind];
  return scope.kind !== 'label' || group.labels[scope.label] === member.labels[scope.label];
}

function isOneOf(allowed: readonly string[] | undefined, value: string | undefined): boolean {
  return allowed === undefined || (value !== undefined && allowed.includes(value));
}
