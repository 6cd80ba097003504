import { namesOf, type NodeKey } from '../../../domain/identifiers.js';
import { canonicalJson } from '../../../domain/json.js';
import type { FleetGroup, FleetMember } from '../../ports/journal.js';

/** What is known of the nodes of one cluster. */
interface Cluster {
  readonly members: Map<NodeKey, FleetMember>;
  readonly unavailable: Set<NodeKey>;
  /** By what its nodes have in common. */
  readonly groups: Map<string, Pick<FleetGroup, 'pool' | 'zone' | 'labels' | 'size'>>;
}

/** The inventory of every cluster. Counted as it changes: each risky command asks how many nodes are out. */
export class Fleet {
  readonly #clusters = new Map<string, Cluster>();

  get members(): readonly FleetMember[] {
    return [...this.#clusters.values()].flatMap(({ members }) => [...members.values()]);
  }

  member(node: NodeKey): FleetMember | undefined {
    return this.#clusters.get(namesOf(node).cluster)?.members.get(node);
  }

  /** The nodes of a cluster, grouped; `out` are those that others keep out of service. */
  groupsOf(cluster: string, out: readonly NodeKey[]): readonly FleetGroup[] {
    const known = this.#clusters.get(cluster);
    if (known === undefined) return [];
    const numbers = new Map<string, number>();
    for (const node of out) {
      const member = known.members.get(node);
      if (member === undefined) continue;
      const group = groupOf(member);
      numbers.set(group, (numbers.get(group) ?? 0) + 1);
    }
    return [...known.groups].map(([name, group]) => ({
      ...group,
      unavailableByOthers: numbers.get(name) ?? 0,
    }));
  }

  unavailableIn(cluster: string): ReadonlySet<NodeKey> {
    return this.#clusters.get(cluster)?.unavailable ?? new Set();
  }

  /** Takes in these members and forgets all others of the cluster. */
  replace(cluster: string, members: readonly FleetMember[]): void {
    const present = new Set(members.map(({ node }) => node));
    for (const node of [...this.#of(cluster).members.keys()]) if (!present.has(node)) this.remove(node);
    for (const member of members) this.put(member);
  }

  put(member: FleetMember): void {
    // A picture of the whole is mostly what was known before.
    if (this.member(member.node) === member) return;
    this.remove(member.node);
    const { members, unavailable, groups } = this.#of(namesOf(member.node).cluster);
    members.set(member.node, member);
    if (member.unavailable) unavailable.add(member.node);
    const { pool, zone, labels } = member;
    const name = groupOf(member);
    groups.set(name, { pool, zone, labels, size: (groups.get(name)?.size ?? 0) + 1 });
  }

  remove(node: NodeKey): void {
    const cluster = this.#clusters.get(namesOf(node).cluster);
    const member = cluster?.members.get(node);
    if (cluster === undefined || member === undefined) return;
    cluster.members.delete(node);
    cluster.unavailable.delete(node);
    const name = groupOf(member);
    const group = cluster.groups.get(name);
    if (group === undefined || group.size === 1) cluster.groups.delete(name);
    else cluster.groups.set(name, { ...group, size: group.size - 1 });
  }

  #of(cluster: string): Cluster {
    const known = this.#clusters.get(cluster);
    if (known !== undefined) return known;
    const made: Cluster = { members: new Map(), unavailable: new Set(), groups: new Map() };
    this.#clusters.set(cluster, made);
    return made;
  }
}

function groupOf({ pool, zone, labels }: FleetMember): string {
  return canonicalJson([pool, zone, labels]);
}
