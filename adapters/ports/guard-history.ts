import type { PermitRequest } from '../../domain/permit-request.js';

/** A risky operation that somebody wanted to begin once. */
export interface RecordedOperation {
  /** Of the command, or of the change of somebody else. */
  readonly id: string;
  /** Process or change that it belongs to: its operations come one after the other. */
  readonly chain: string;
  readonly request: PermitRequest;
  /** ms */
  readonly askedAt: number;
  /** How much older than it is it counts where many wait, ms. */
  readonly headStartMs: number;
  /** When it was begun with leave, ms. Undefined: it never was, or nobody knows any more. */
  readonly beganAt?: number;
  /** When it had its result, ms. Undefined: it has none yet. */
  readonly endedAt?: number;
  /** When its chain was over, so that the node was back, ms. Undefined: it goes on. */
  readonly chainEndedAt?: number;
}

/** What the guard was asked for, ours and others'. Reads only. */
export interface GuardHistory {
  /**
   * Operations that were asked for at or after `since` (ms), and those from before whose chain was not over then; in order of `askedAt`. Those
   * that were taken back or turned out unneeded before they began are none, and neither are rollouts: their pauses tell of them.
   */
  operations(query: { readonly since: number }): AsyncIterable<RecordedOperation>;
}
