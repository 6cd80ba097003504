import type { Operation } from './command.js';
import type { ChangeId, NodeKey } from './identifiers.js';

/** One risky operation that somebody else wants to do to a node, and asks leave for. */
export interface Change {
  readonly id: ChangeId;
  /** Of one owner each key means one change, however often it is asked for. */
  readonly key: string;
  /** The authenticated subject that asks. */
  readonly owner: string;
  readonly node: NodeKey;
  readonly operation: Operation;
  readonly reason: string;
  /** The fault because of which it is done. */
  readonly faultType?: string;
  /** How long leave, or a place in a line, lasts without a sign of life, ms. */
  readonly leaseMs: number;
  /** How long its node is watched after it is said to have succeeded, ms. Undefined: it is over at once. */
  readonly soakMs?: number;
  /** ms */
  readonly askedAt: number;
}

/** What the client says of a change when it is over. */
export const outcomesOfChange = ['succeeded', 'failed', 'cancelled'] as const;
export type OutcomeOfChange = (typeof outcomesOfChange)[number];

/**
 * `lost`: leave was taken back, since its lease ran out. `abandoned`: nobody asked again before leave was given. `regressed`: it was
 * said to have succeeded, and its node was not well while it was watched.
 */
export const endsOfChange = [...outcomesOfChange, 'lost', 'abandoned', 'regressed'] as const;

export interface EndOfChange {
  readonly how: (typeof endsOfChange)[number];
  /** An authenticated subject, or `faultline`. */
  readonly by: string;
  readonly message?: string;
  /** ms */
  readonly at: number;
}

/** What its client said of a change, whose node is watched before that is taken for true. */
export interface Soak {
  readonly said: EndOfChange;
  /** ms */
  readonly until: number;
}

/** Whether both ask for the same, whenever they do and under whatever id. */
export function isSameChange(left: Change, right: Change): boolean {
  return (
    left.key === right.key &&
    left.owner === right.owner &&
    left.node === right.node &&
    left.operation === right.operation &&
    left.reason === right.reason &&
    left.faultType === right.faultType &&
    left.leaseMs === right.leaseMs
  );
}
