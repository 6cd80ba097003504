import { namesOf, type NodeKey } from '../../../domain/identifiers.js';
import type { FleetInventory, FleetMember, FleetSummary } from '../../ports/journal.js';
import type { MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryFleetInventory implements FleetInventory {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async replace(cluster: string, members: readonly FleetMember[], observedAt: number): Promise<void> {
    for (const node of [...this.#store.members.keys()]) {
      if (namesOf(node).cluster === cluster) this.#store.members.delete(node);
    }
    for (const member of members) this.#store.members.set(member.node, member);
    this.#observed(cluster, observedAt);
  }

  async change(
    cluster: string,
    { changed, gone }: Parameters<FleetInventory['change']>[1],
    observedAt: number,
  ): Promise<void> {
    for (const member of changed) this.#store.members.set(member.node, member);
    for (const node of gone) this.#store.members.delete(node);
    this.#observed(cluster, observedAt);
  }

  async summary(cluster: string): Promise<FleetSummary | undefined> {
    const observedAt = this.#store.clusters.get(cluster);
    if (observedAt === undefined) return undefined;
    const ours = new Set(
      this.#store.permits
        .filter(({ counter, until }) => until === 'returned' && counter.startsWith('isolate/'))
        .map(({ node }) => node),
    );
    const prefix = `${cluster}/`;
    let [size, unavailableByOthers] = [0, 0];
    for (const [node, { unavailable }] of this.#store.members) {
      if (!node.startsWith(prefix)) continue;
      size += 1;
      if ((unavailable || this.#store.rests(node)) && !ours.has(node)) unavailableByOthers += 1;
    }
    return { cluster, observedAt, size, unavailableByOthers };
  }

  async member(node: NodeKey): Promise<FleetMember | undefined> {
    return this.#store.members.get(node);
  }

  #observed(cluster: string, at: number): void {
    this.#store.clusters.set(cluster, Math.max(at, this.#store.clusters.get(cluster) ?? at));
  }
}
