import { takingOut } from '../../../domain/command.js';
import { namesOf, type NodeKey } from '../../../domain/identifiers.js';
import type { FleetInventory, FleetMember, FleetPicture, FleetPlace } from '../../ports/journal.js';
import type { MemoryStore } from './store.js';

/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, memory is not */

export class MemoryFleetInventory implements FleetInventory {
  readonly #store: MemoryStore;
  /** By cluster: everyone who waits asks, and of all who are refused nothing changes. */
  readonly #counted = new Map<string, { readonly groups: FleetPicture['groups']; readonly after: number }>();

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async replace(cluster: string, members: readonly FleetMember[], observedAt: number): Promise<void> {
    this.#store.fleet.replace(cluster, members);
    this.#observed(cluster, observedAt);
  }

  async change(
    cluster: string,
    { changed, gone }: Parameters<FleetInventory['change']>[1],
    observedAt: number,
  ): Promise<void> {
    for (const member of changed) this.#store.fleet.put(member);
    for (const node of gone) this.#store.fleet.remove(node);
    this.#observed(cluster, observedAt);
  }

  async picture(cluster: string): Promise<FleetPicture | undefined> {
    const observedAt = this.#store.clusters.get(cluster);
    return observedAt === undefined ? undefined : { cluster, observedAt, groups: this.#groupsOf(cluster) };
  }

  #groupsOf(cluster: string): FleetPicture['groups'] {
    const { fleet, permits, queues } = this.#store;
    const changes = fleet.changes + permits.changes + queues.restings;
    const known = this.#counted.get(cluster);
    if (known?.after === changes) return known.groups;
    const groups = this.#count(cluster);
    this.#counted.set(cluster, { groups, after: changes });
    return groups;
  }

  #count(cluster: string): FleetPicture['groups'] {
    const { fleet, permits, queues } = this.#store;
    const isOurs = (node: NodeKey): boolean =>
      permits.of(node).some(({ operation, until }) => until === 'returned' && takingOut.includes(operation));
    const restingHere = [...queues.resting].filter((node) => namesOf(node).cluster === cluster);
    const out = new Set([...fleet.unavailableIn(cluster), ...restingHere]);
    return fleet.groupsOf(
      cluster,
      [...out].filter((node) => !isOurs(node)),
    );
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
