import type { FleetMember } from '../../adapters/ports/journal.js';
import type { NodeKey } from '../../domain/identifiers.js';

export interface InventoryWrites {
  /** Does not reject: it tries again by itself, or gives up because the end has come. */
  readonly changes: (changed: readonly FleetMember[], gone: readonly NodeKey[]) => Promise<void>;
  /** Writes all nodes as they are then. Does not reject either. */
  readonly everything: () => Promise<void>;
  /** After a write, before the next one; what comes meanwhile goes together. Nor does this. */
  readonly rest: () => Promise<void>;
}

/**
 * What has changed about the fleet and is not in the inventory yet. What comes while others are being written goes in
 * the next write, of each node the latest only: when a thousand nodes change at once, the guard's count follows within
 * moments, and does not lag by a thousand transactions; nor are there a thousand, one for each watch event.
 */
export class InventoryChanges {
  readonly #writes: InventoryWrites;
  readonly #waiting = new Map<NodeKey, FleetMember | undefined>();
  #writing: Promise<void> | undefined;
  #isEverythingWaiting = false;
  #isRunning = false;

  constructor(writes: InventoryWrites) {
    this.#writes = writes;
  }

  /** Notes a node as it is now; undefined: it is gone. Returns at once. */
  note(node: NodeKey, member: FleetMember | undefined): void {
    this.#waiting.set(node, member);
    if (!this.#isRunning) void this.#run();
  }

  /** The next write is of everything, in its turn: what was noted before it must not be written after it. */
  noteEverything(): void {
    this.#isEverythingWaiting = true;
    this.#waiting.clear();
    if (!this.#isRunning) void this.#run();
  }

  /** Resolves when everything that was noted is written, without a rest. Never rejects. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined || this.#isWaiting) await this.#writeOnce();
  }

  get #isWaiting(): boolean {
    return this.#isEverythingWaiting || this.#waiting.size > 0;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (this.#isWaiting) {
      await this.#writeOnce();
      await this.#writes.rest();
    }
    // In the same step as the last look: what is noted between two steps would wait for the next change.
    this.#isRunning = false;
  }

  /** One write at a time: while one is under way, that one is waited for. */
  #writeOnce(): Promise<void> {
    this.#writing ??= this.#writeWaiting().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  #writeWaiting(): Promise<void> {
    if (this.#isEverythingWaiting) {
      this.#isEverythingWaiting = false;
      this.#waiting.clear();
      return this.#writes.everything();
    }
    const changes = [...this.#waiting];
    this.#waiting.clear();
    const changed = changes.flatMap(([, member]) => (member === undefined ? [] : [member]));
    const gone = changes.flatMap(([node, member]) => (member === undefined ? [node] : []));
    return this.#writes.changes(changed, gone);
  }
}
