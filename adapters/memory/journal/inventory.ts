import type { NodeKey } from '../../../domain/identifiers.js';
import type { FleetInventory, FleetMember, FleetPicture, FleetPlace } from '../../ports/journal.js';
import type { MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryFleetInventory implements FleetInventory {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async replace(cluster: string, members: readonly FleetMember[], observedAt: number): Promise<void> {
    this.#store.cameBack(cluster, this.#store.fleet.replace(cluster, members));
    this.#observed(cluster, observedAt);
  }

  async change(
    cluster: string,
    changes: Parameters<FleetInventory['change']>[1],
    observedAt: number,
  ): Promise<void> {
    this.#store.cameBack(cluster, this.#store.fleet.change(changes));
    this.#observed(cluster, observedAt);
  }

  async picture(cluster: string): Promise<FleetPicture | undefined> {
    const observedAt = this.#store.clusters.get(cluster);
    return observedAt === undefined
      ? undefined
      : { cluster, observedAt, groups: this.#store.fleet.groupsOf(cluster) };
  }

  async member(node: NodeKey): Promise<FleetMember | undefined> {
    return this.#store.fleet.member(node);
  }

  async places(): Promise<readonly FleetPlace[]> {
    return this.#store.fleet.members.map(({ node, pool, zone, labels }) => ({ node, pool, zone, labels }));
  }

  #observed(cluster: string, at: number): void {
    this.#store.clusters.set(cluster, Math.max(at, this.#store.clusters.get(cluster) ?? at));
  }
}
