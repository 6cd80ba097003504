import { namesOf, type NodeKey } from '../../../domain/identifiers.js';
import { canonicalJson } from '../../../domain/json.js';
import type { FleetGroup, FleetInventory, FleetMember } from '../../ports/journal.js';

/** Nodes that have pool, zone and labels in common. */
interface Group extends Pick<FleetGroup, 'pool' | 'zone' | 'labels'> {
  readonly name: string;
  size: number;
}

/** A node among those that it has something in common with. */
interface Placed {
  readonly member: FleetMember;
  readonly group: Group;
}

/** What is known of the nodes of one cluster. */
interface Cluster {
  readonly placed: Map<NodeKey, Placed>;
  readonly unavailable: Set<NodeKey>;
  readonly groups: Map<string, Group>;
  /** Undefined: something has changed since. */
  counted?: readonly FleetGroup[] | undefined;
}

/** The inventory of every cluster. */
export class Fleet {
  readonly #clusters = new Map<string, Cluster>();
  get members(): readonly FleetMember[] {
    return [...this.#clusters.values()].flatMap(({ placed }) =>
      [...placed.values()].map(({ member }) => member),
    );
  }

  member(node: NodeKey): FleetMember | undefined {
    return this.memberOf(namesOf(node).cluster, node);
  }

  /** Undefined: it is none of this cluster. */
  memberOf(cluster: string, node: NodeKey): FleetMember | undefined {
    return this.#clusters.get(cluster)?.placed.get(node)?.member;
  }

  /** The nodes of a cluster, grouped. Counted once: everyone who waits asks, and of all who are refused nothing changes. */
  groupsOf(cluster: string): readonly FleetGroup[] {
    const known = this.#clusters.get(cluster);
    if (known === undefined) return [];
    known.counted ??= [...known.groups.values()].map(({ pool, zone, labels, size }) => ({
      ...{ pool, zone, labels, size },
    }));
    return known.counted;
  }

  unavailableIn(cluster: string): ReadonlySet<NodeKey> {
    return this.#clusters.get(cluster)?.unavailable ?? new Set();
  }

  /** Takes in these members and forgets all others of the cluster; returns how many are not out of service any more. */
  replace(cluster: string, members: readonly FleetMember[]): number {
    const present = new Set(members.map(({ node }) => node));
    const gone = [...this.#of(cluster).placed.keys()].filter((node) => !present.has(node));
    return this.change({ changed: members, gone });
  }

  /** Returns how many are not out of service any more. */
  change({ changed, gone }: Parameters<FleetInventory['change']>[1]): number {
    const back = changed.filter((member) => this.#isOut(member.node) && !member.unavailable);
    const left = gone.filter((node) => this.#isOut(node));
    for (const member of changed) this.#put(member);
    for (const node of gone) this.#remove(node);
    return back.length + left.length;
  }

  #isOut(node: NodeKey): boolean {
    return this.member(node)?.unavailable === true;
  }

  #put(member: FleetMember): void {
    // A picture of the whole is mostly what was known before.
    if (this.member(member.node) === member) return;
    this.#remove(member.node);
    const known = this.#of(namesOf(member.node).cluster);
    const { placed, unavailable, groups } = known;
    known.counted = undefined;
    const group = groupFor(member, groups);
    group.size += 1;
    placed.set(member.node, { member, group });
    if (member.unavailable) unavailable.add(member.node);
  }

  #remove(node: NodeKey): void {
    const cluster = this.#clusters.get(namesOf(node).cluster);
    const known = cluster?.placed.get(node);
    if (cluster === undefined || known === undefined) return;
    cluster.counted = undefined;
    cluster.placed.delete(node);
    cluster.unavailable.delete(node);
    known.group.size -= 1;
    if (known.group.size === 0) cluster.groups.delete(known.group.name);
  }

  #of(cluster: string): Cluster {
    const known = this.#clusters.get(cluster);
    if (known !== undefined) return known;
    const made: Cluster = { placed: new Map(), unavailable: new Set(), groups: new Map() };
    this.#clusters.set(cluster, made);
    return made;
  }
}

/** That which it belongs to, made where it is the first. */
function groupFor({ pool, zone, labels }: FleetMember, groups: Map<string, Group>): Group {
  const name = canonicalJson([pool, zone, labels]);
  const known = groups.get(name);
  if (known !== undefined) return known;
  const made: Group = { name, pool, zone, labels, size: 0 };
  groups.set(name, made);
  return made;
}
