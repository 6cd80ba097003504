import type { EventFilter } from '../event-filter.js';

/** One subscriber by webhook, as configured. */
export interface Subscriber {
  readonly name: string;
  readonly filter: EventFilter;
  /** The first signs; the others are being replaced, and sign as well. */
  readonly secrets: readonly [Buffer, ...Buffer[]];
  /** Where a subscriber that was never heard of begins. */
  readonly from: 'now' | 'beginning';
  /** Requests under way at once; of one node there is never more than one. */
  readonly concurrency: number;
  /** An event that can't be delivered for so long is dead. */
  readonly retryForMs: number;
}
