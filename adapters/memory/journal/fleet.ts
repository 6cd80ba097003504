import { namesOf, type NodeKey } from '../../../domain/identifiers.js';
import type { FleetMember } from '../../ports/journal.js';

/** What is known of the nodes of one cluster. */
interface Cluster {
  readonly members: Map<NodeKey, FleetMember>;
  readonly unavailable: Set<NodeKey>;
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

  sizeOf(cluster: string): number {
    return this.#clusters.get(cluster)?.members.size ?? 0;
  }

  unavailableIn(cluster: string): ReadonlySet<NodeKey> {
    return this.#clusters.get(cluster)?.unavailable ?? new Set();
  }

  put(member: FleetMember): void {
    const { members, unavailable } = this.#of(namesOf(member.node).cluster);
    members.set(member.node, member);
    if (member.unavailable) unavailable.add(member.node);
    else unavailable.delete(member.node);
  }

  remove(node: NodeKey): void {
    const cluster = this.#clusters.get(namesOf(node).cluster);
    cluster?.members.delete(node);
    cluster?.unavailable.delete(node);
  }

  clear(cluster: string): void {
    this.#clusters.delete(cluster);
  }

  #of(cluster: string): Cluster {
    const known = this.#clusters.get(cluster);
    if (known !== undefined) return known;
    const made = { members: new Map<NodeKey, FleetMember>(), unavailable: new Set<NodeKey>() };
    this.#clusters.set(cluster, made);
    return made;
  }
}
