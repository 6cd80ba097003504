import { namesOf, type NodeKey } from '../../../domain/identifiers.js';
import { canonicalJson } from '../../../domain/json.js';
import type { FleetGroup, FleetMember } from '../../ports/journal.js';

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
}

/** The inventory of every cluster. Counted as it changes: each risky command asks how many nodes are out. */
export class Fleet {
  readonly #clusters = new Map<string, Cluster>();
  #changes = 0;

  /** Grows with each change. */
  get changes(): number {
    return this.#changes;
  }

  get members(): readonly FleetMember[] {
    return [...this.#clusters.values()].flatMap(({ placed }) =>
      [...placed.values()].map(({ member }) => member),
    );
  }

  member(node: NodeKey): FleetMember | undefined {
    return this.#clusters.get(namesOf(node).cluster)?.placed.get(node)?.member;
  }

  /** The nodes of a cluster, grouped; `out` are those that others keep out of service. */
  groupsOf(cluster: string, out: readonly NodeKey[]): readonly FleetGroup[] {
    const known = this.#clusters.get(cluster);
    if (known === undefined) return [];
    const numbers = new Map<Group, number>();
    for (const node of out) {
      const group = known.placed.get(node)?.group;
      if (group !== undefined) numbers.set(group, (numbers.get(group) ?? 0) + 1);
    }
    return [...known.groups.values()].map((group) => {
      const { pool, zone, labels, size } = group;
      return { pool, zone, labels, size, unavailableByOthers: numbers.get(group) ?? 0 };
    });
  }

  unavailableIn(cluster: string): ReadonlySet<NodeKey> {
    return this.#clusters.get(cluster)?.unavailable ?? new Set();
  }

  /** Takes in these members and forgets all others of the cluster. */
  replace(cluster: string, members: readonly FleetMember[]): void {
    const present = new Set(members.map(({ node }) => node));
    for (const node of [...this.#of(cluster).placed.keys()]) if (!present.has(node)) this.remove(node);
    for (const member of members) this.put(member);
  }

  put(member: FleetMember): void {
    // A picture of the whole is mostly what was known before.
    if (this.member(member.node) === member) return;
    this.remove(member.node);
    const { placed, unavailable, groups } = this.#of(namesOf(member.node).cluster);
    this.#changes += 1;
    const group = groupFor(member, groups);
    group.size += 1;
    placed.set(member.node, { member, group });
    if (member.unavailable) unavailable.add(member.node);
  }

  remove(node: NodeKey): void {
    const cluster = this.#clusters.get(namesOf(node).cluster);
    const known = cluster?.placed.get(node);
    if (cluster === undefined || known === undefined) return;
    this.#changes += 1;
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
