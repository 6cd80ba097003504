import type { NodeKey } from '../../domain/identifiers.js';

/** Who was refused by a counter. */
export interface RefusedByCounter {
  /** `full`: the counter has no room. `behind`: it may have, but others in its line come first. */
  readonly why: 'full' | 'behind';
  readonly counter: string;
  /** Full but for a room that is kept for somebody who comes before it: that one's node. */
  readonly keptFor?: NodeKey;
}

/** When somebody in a line asks again if nobody has woken it before, ms: a net under the waking, which is what counts. */
export interface LineWait {
  /** By counter, where there is no room. */
  readonly full: Readonly<Record<string, number>>;
  /** The latest for whom others come first, and for whom `full` says nothing. */
  readonly behind: number;
}

/** What whoever was refused waits for, in words. */
export function waitingReason({ why, counter, keptFor }: RefusedByCounter): string {
  if (keptFor !== undefined) return `KeptBack: ${counter} for ${keptFor}`;
  return `${why === 'full' ? 'BudgetFull' : 'BehindOthers'}: ${counter}`;
}

/** Until when, ms. */
export function waitingUntil({ full, behind }: LineWait, { why, counter }: RefusedByCounter): number {
  const until = full[counter] ?? behind;
  return why === 'full' ? until : Math.min(until, behind);
}
