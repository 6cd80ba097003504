import { isDeepStrictEqual } from 'node:util';

import type { FleetMember } from '../../adapters/ports/journal.js';
import type { KubernetesNode, NodeEvent } from '../../adapters/ports/kubernetes.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { insist } from '../insist.js';
import type { DetectorOptions } from './detector.js';
import { keyOf, memberOf, sameMember } from './fleet-member.js';
import { InventoryChanges } from './inventory-changes.js';

/** A fleet that is isolated makes hundreds of changes a second; the guard need not know each one sooner than this. */
const restAfterWriteMs = 50;

/**
 * The nodes of a cluster as the guard counts them. What the watch says is counted before it is told to anybody, so a
 * log that is away keeps no node in service that is not. The inventory is as fresh as the last word of the watch, and no
 * fresher: not the API server that answers something else makes it so.
 */
export class CountedFleet {
  readonly #options: DetectorOptions;
  readonly #whileBusy: (work: () => Promise<unknown>) => Promise<void>;
  readonly #members = new Map<NodeKey, FleetMember>();
  readonly #changes = new InventoryChanges({
    changes: (changed, gone) => this.#writeChanges(changed, gone),
    everything: () => this.#writeEverything(),
    rest: () => this.#restAfterWrite(),
  });
  /** Of all nodes in the inventory the same: fixed with each list. */
  #guardLabels: readonly string[] = [];
  /** When the watch said something last: all that it had to say until then is counted. */
  #heardAt: number | undefined;
  #saidFreshAt: number | undefined;

  /** @param whileBusy does the work, and it counts as under way meanwhile */
  constructor(options: DetectorOptions, whileBusy: (work: () => Promise<unknown>) => Promise<void>) {
    this.#options = options;
    this.#whileBusy = whileBusy;
  }

  /** Takes what the watch says, in the order in which it does. Returns at once. */
  hear(event: NodeEvent): void {
    this.#heardAt = this.#options.clock.now();
    switch (event.kind) {
      case 'listed':
        this.#countAll(event.nodes);
        return;
      case 'changed':
        this.#count(event.node);
        return;
      case 'deleted':
        this.#forget(event.node);
        return;
      case 'bookmark':
    }
  }

  /** Has everything written, unless nothing was heard since this was last asked for: false, and nothing is written. */
  sayFresh(): boolean {
    if (this.#heardAt === undefined || this.#heardAt === this.#saidFreshAt) return false;
    this.#saidFreshAt = this.#heardAt;
    this.#changes.noteEverything();
    return true;
  }

  /** A policy that was taken up may name labels that were not kept of the nodes so far. */
  lacksLabels(): boolean {
    return !isDeepStrictEqual(this.#guardLabels, this.#options.settings.guardLabels());
  }

  /** Resolves when the inventory has all that was heard. Never rejects. */
  settled(): Promise<void> {
    return this.#changes.settled();
  }

  #countAll(nodes: readonly KubernetesNode[]): void {
    this.#members.clear();
    this.#guardLabels = this.#options.settings.guardLabels();
    for (const node of nodes) {
      const key = this.#keyOf(node);
      if (key !== undefined) this.#members.set(key, this.#memberOf(node, key));
    }
    this.#changes.noteEverything();
  }

  #count(node: KubernetesNode): void {
    const key = this.#keyOf(node);
    if (key === undefined) return;
    const member = this.#memberOf(node, key);
    if (sameMember(this.#members.get(key), member)) return;
    this.#members.set(key, member);
    this.#changes.note(key, member);
  }

  #forget(node: KubernetesNode): void {
    const key = this.#keyOf(node);
    if (key === undefined) return;
    this.#members.delete(key);
    this.#changes.note(key, undefined);
  }

  #keyOf({ metadata }: KubernetesNode): NodeKey | undefined {
    return keyOf(this.#options.clusterName, metadata.name);
  }

  #memberOf(node: KubernetesNode, key: NodeKey): FleetMember {
    return memberOf(node, key, { ...this.#options.settings, guardLabels: this.#guardLabels });
  }

  #writeChanges(changed: readonly FleetMember[], gone: readonly NodeKey[]): Promise<void> {
    const { clusterName, inventory, clock } = this.#options;
    // As of now, and not of when it succeeds: what is heard until then is not in it.
    const heardAt = this.#heardAt ?? clock.now();
    return this.#whileBusy(() =>
      insist(this.#options, 'a change of the inventory', () =>
        inventory.change(clusterName, { changed, gone }, heardAt),
      ),
    );
  }

  #writeEverything(): Promise<void> {
    const { clusterName, inventory, clock } = this.#options;
    return this.#whileBusy(() =>
      insist(this.#options, 'the inventory', () =>
        inventory.replace(clusterName, [...this.#members.values()], this.#heardAt ?? clock.now()),
      ),
    );
  }

  #restAfterWrite(): Promise<void> {
    const { clock, signal } = this.#options;
    return clock.waitUntil(clock.now() + restAfterWriteMs, signal);
  }
}
