import type { Change, EndOfChange, NodeChange, OutcomeOfChange, Soak } from '../../domain/change.js';
import type { Operation } from '../../domain/command.js';
import type { ChangeId, NodeKey, ProcessId } from '../../domain/identifiers.js';
import type { SeenHealth } from '../../domain/seen-health.js';
import type { BudgetClaim, Page } from './journal.js';
import type { RefusedByCounter } from './line-wait.js';
import type { NewsReader } from './news-reader.js';

/** A change of somebody else, and how it stands. */
export interface ChangeRow {
  readonly change: Change;
  /** Until when leave, or the place in a line, lasts without a sign of life, ms. */
  readonly leaseUntil: number;
  /** Why there is no leave yet. Undefined: there is, there was, or nobody has asked the guard yet. */
  readonly waiting?: {
    /** As for our own commands: `BudgetFull: isolate/in-flight/a`. */
    readonly reason: string;
    /** In its line; 1 is asked next. Undefined: it stands in none. */
    readonly place?: number;
    /** ms */
    readonly askAgainAt: number;
  };
  readonly granted?: {
    /** Of all that are granted for one node, each is greater than all before it, also after a restored backup. */
    readonly token: number;
    /** ms */
    readonly at: number;
  };
  /** How its node was when leave was last asked for; `at` is when it was first seen to be so. Undefined: nobody has looked. */
  readonly before?: SeenHealth;
  /** Its client is done, and its node is watched: what it took stays taken, and the node is nobody's. */
  readonly soak?: Soak;
  readonly ended?: EndOfChange;
}

/** A change whose node is watched. */
export interface SoakingChange extends ChangeRow {
  readonly change: NodeChange;
  readonly soak: Soak;
  /** The first process that a fault of its node began since its client was done. */
  readonly faultSince?: { readonly processId: ProcessId; readonly faultType: string };
}

export type GrantAnswer =
  | { readonly kind: 'granted' }
  /** It is granted, over or abandoned already. */
  | { readonly kind: 'gone' }
  | ({ readonly kind: 'refused' } & RefusedByCounter)
  /** A process of our own, or another change, has the node. */
  | { readonly kind: 'refused'; readonly why: 'process' | 'change'; readonly holder: string }
  /** A pause began or ended since the guard was asked: it has to be asked again. */
  | { readonly kind: 'refused'; readonly why: 'changed' }
  /** The journal was restored, and not everything was observed since. */
  | { readonly kind: 'refused'; readonly why: 'paused' };

export interface ChangesQuery {
  /** Undefined: whether they are over or not. */
  readonly open?: boolean;
  readonly node?: NodeKey;
  readonly after?: string;
  readonly limit: number;
}

/** Changes that others asked leave for. Nothing is ever taken out. */
export interface ChangeBook {
  /**
   * Keeps what is asked for; it waits. Resolves with what is kept under this key of this owner, which may be an older one.
   * @param headStartMs how much older than it is it counts in lines
   */
  keep(change: Change, headStartMs: number): Promise<ChangeRow>;
  /**
   * One short transaction: the change still waits, its node is nobody's, the counters are taken in order of their names.
   * Counters of a refused one are not taken. From then on our own commands that need leave wait at this node. A rollout has no node, and
   * takes nothing: from then on the pause is in force that it brings, until it is over.
   */
  grant(
    id: ChangeId,
    ask: { readonly now: number; readonly budgets: readonly BudgetClaim[]; readonly guardVersion: number },
  ): Promise<GrantAnswer>;
  /**
   * It waits, visibly. In a `line` nobody who ranks behind it gets the counter, as long as its lease lasts: whoever dies holds
   * nobody up. Changes nothing of one that does not wait.
   * @param wait `keepsNothing`: rooms that it keeps of others are given up until it is refused again
   */
  wait(
    id: ChangeId,
    wait: {
      readonly reason: string;
      readonly line?: string;
      readonly askAgainAt: number;
      readonly keepsNothing?: true;
    },
  ): Promise<void>;
  /** How its node is, of one that waits: once it is granted that stays. Changes nothing of one that does not wait. */
  noteHealth(id: ChangeId, seen: SeenHealth): Promise<void>;
  /** Hears whenever something may have been given back; by a notice that got lost, up to a second later. */
  watchRoom(): NewsReader;
  /** A sign of life: the lease begins anew. False: it had run out before `now`, or the change is over. */
  extend(id: ChangeId, now: number): Promise<boolean>;
  /**
   * The client is done: what it held is given back, or, if it has succeeded and has a soak, its node is watched from now on. False: its
   * lease had run out, it is over or soaks, or it waits and is not cancelled.
   */
  end(id: ChangeId, end: EndOfChange & { readonly how: OutcomeOfChange }): Promise<boolean>;
  /**
   * Ends those whose lease ran out at or before `now`, and gives back what they held. Each is told once, to one copy.
   */
  takeBack(now: number): Promise<readonly ChangeRow[]>;
  /** Those whose nodes are watched, the first to be over first. */
  soaking(): Promise<readonly SoakingChange[]>;
  /** What it held is given back. False: it does not soak any more. */
  endSoak(id: ChangeId, end: EndOfChange & { readonly how: 'succeeded' | 'regressed' }): Promise<boolean>;
  /** Those that have leave, for this operation or for any; newest first. */
  granted(operation?: Operation): Promise<readonly ChangeRow[]>;
  find(id: ChangeId): Promise<ChangeRow | undefined>;
  /** Newest first. */
  list(query: ChangesQuery): Promise<Page<ChangeRow>>;
}
