import type { Change, EndOfChange, Soak } from '../../../domain/change.js';
import type { ChangeId, NodeKey } from '../../../domain/identifiers.js';
import type { SeenHealth } from '../../../domain/seen-health.js';

export interface StoredChange {
  readonly change: Change;
  readonly position: number;
  /** When it was asked for, and its head start before that, ms. */
  readonly rank: number;
  leaseUntil: number;
  waitingReason?: string | undefined;
  /** Of the counter that refused it. */
  waitingLine?: string | undefined;
  /** In each of which a room is kept for it meanwhile. */
  keptLines: readonly string[];
  askAgainAt?: number | undefined;
  granted?: { readonly token: number; readonly at: number };
  before?: SeenHealth;
  soak?: Soak;
  ended?: EndOfChange;
}

/** It has leave, and its client is not done yet. */
export function hasLeave({ granted, soak, ended }: StoredChange): boolean {
  return granted !== undefined && soak === undefined && ended === undefined;
}

/** Changes of others, oldest first. */
export class MemoryChanges {
  readonly #all: StoredChange[] = [];
  readonly #byId = new Map<ChangeId, StoredChange>();
  readonly #open = new Set<StoredChange>();

  get all(): readonly StoredChange[] {
    return this.#all;
  }

  get open(): readonly StoredChange[] {
    return [...this.#open];
  }

  find(id: ChangeId): StoredChange | undefined {
    return this.#byId.get(id);
  }

  add(change: Change, headStartMs: number): StoredChange {
    const rank = change.askedAt - headStartMs;
    const leaseUntil = change.askedAt + change.leaseMs;
    const stored: StoredChange = { change, position: this.#all.length, rank, leaseUntil, keptLines: [] };
    this.#all.push(stored);
    this.#byId.set(change.id, stored);
    this.#open.add(stored);
    return stored;
  }

  end(stored: StoredChange, ended: EndOfChange): void {
    stored.ended = ended;
    stored.waitingLine = undefined;
    stored.keptLines = [];
    this.#open.delete(stored);
  }

  /** The change that has leave at this node. */
  holderOf(node: NodeKey): StoredChange | undefined {
    for (const one of this.#open) if (one.change.node === node && hasLeave(one)) return one;
    return undefined;
  }

  /** Those whose clients live, in these lines. */
  inLines(lines: readonly string[], now: number): readonly StoredChange[] {
    return [...this.#open].filter(
      ({ waitingLine, leaseUntil }) =>
        waitingLine !== undefined && lines.includes(waitingLine) && leaseUntil > now,
    );
  }
}
