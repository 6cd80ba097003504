import type { FleetMember } from '../../adapters/ports/journal.js';
import type { NodeKey } from '../../domain/identifiers.js';

type Write = (changed: readonly FleetMember[], gone: readonly NodeKey[]) => Promise<void>;

/**
 * What has changed about the fleet and is not in the inventory yet. What comes while others are being written goes in
 * the next write, of each node the latest only: when a thousand nodes change at once, the guard's count follows within
 * moments, and does not lag by a thousand transactions.
 */
export class InventoryChanges {
  readonly #write: Write;
  readonly #waiting = new Map<NodeKey, FleetMember | undefined>();
  #writing: Promise<void> | undefined;

  /** @param write does not reject: it tries again by itself, or gives up because the end has come */
  constructor(write: Write) {
    this.#write = write;
  }

  /** Notes a node as it is now; undefined: it is gone. Returns at once. */
  note(node: NodeKey, member: FleetMember | undefined): void {
    this.#waiting.set(node, member);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when everything that was noted is written. Never rejects. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      const changes = [...this.#waiting];
      this.#waiting.clear();
      const changed = changes.flatMap(([, member]) => (member === undefined ? [] : [member]));
      const gone = changes.flatMap(([node, member]) => (member === undefined ? [node] : []));
      await this.#write(changed, gone);
    }
    // In the same step as the last look: what is noted between two steps would wait for the next change.
    this.#writing = undefined;
  }
}
