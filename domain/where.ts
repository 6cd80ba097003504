import { namesOf, type NodeKey } from './identifiers.js';

/** Which nodes and faults something is about; what is not named is any. */
export interface Where {
  readonly clusters?: readonly string[];
  readonly pools?: readonly string[];
  readonly zones?: readonly string[];
  /** By name of the label, the values that are meant. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  readonly nodes?: readonly NodeKey[];
  readonly faultTypes?: readonly string[];
  /** Who reported the fault first. */
  readonly reporters?: readonly string[];
  /** Who asks for leave: `faultline`, or the subject of a client. */
  readonly owners?: readonly string[];
}

/** Where a node stands in its cluster. */
export interface Place {
  readonly pool: string;
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What somebody wants to do something because of. */
export interface Subject {
  readonly node: NodeKey;
  readonly owner?: string;
  readonly faultType?: string;
  readonly reporter?: string;
}

/** What somebody wants to do to many nodes of a cluster. */
export interface PartOfCluster {
  readonly cluster: string;
  readonly owner: string;
}

/** Whether it is about this; each part that is named has to fit. */
export function isAbout(where: Where, subject: Subject, place: Place): boolean {
  return (
    isOneOf(where.clusters, namesOf(subject.node).cluster) &&
    isOneOf(where.nodes, subject.node) &&
    isOneOf(where.faultTypes, subject.faultType) &&
    isOneOf(where.reporters, subject.reporter) &&
    isOneOf(where.owners, subject.owner) &&
    isAboutPlace(where, place)
  );
}

/** The same of what is wanted in a part of a cluster, and not because of a fault. Single nodes that are named are no part of it. */
export function isAboutPart(where: Where, { cluster, owner }: PartOfCluster, place: Place): boolean {
  return (
    (where.nodes ?? where.faultTypes ?? where.reporters) === undefined &&
    isOneOf(where.clusters, cluster) &&
    isOneOf(where.owners, owner) &&
    isAboutPlace(where, place)
  );
}

/** The same for the nodes of a place, whatever is asked for and whichever they are. */
export function isAboutPlace({ pools, zones, labels = {} }: Where, place: Place): boolean {
  return (
    isOneOf(pools, place.pool) &&
    isOneOf(zones, place.zone) &&
    Object.entries(labels).every(([label, values]) => isOneOf(values, place.labels[label]))
  );
}

function isOneOf<Value>(allowed: readonly Value[] | undefined, value: Value | undefined): boolean {
  return allowed === undefined || (value !== undefined && allowed.includes(value));
}
