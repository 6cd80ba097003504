import type { ChangeBook } from '../../adapters/ports/change-book.js';
import type { Clock } from '../../adapters/ports/clock.js';
import type { Log } from '../../adapters/ports/log.js';
import type { ChangeMetrics } from '../../adapters/ports/metrics.js';
import { placeOfChange } from '../../domain/change.js';

export interface ChangeWatch {
  readonly changes: Pick<ChangeBook, 'takeBack'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: ChangeMetrics;
}

/**
 * Leave of clients that gave no sign of life in time is taken back, and somebody is told: nobody knows what became of the
 * node. Those that only waited are forgotten silently.
 */
export async function takeBackChanges({ changes, clock, log, metrics }: ChangeWatch): Promise<void> {
  for (const { change, granted } of await changes.takeBack(clock.now())) {
    if (granted === undefined) continue;
    const { id, owner, node, rollout, operation, reason } = change;
    const place = rollout === undefined ? { node } : { rollout };
    log.error(
      { change: id, owner, ...place, operation, reason, token: granted.token },
      `the leave of ${owner} to ${operation} ${placeOfChange(change)} was taken back: no heartbeat came in time; look how it is there, and what its client did`,
    );
    metrics?.changeLost(operation);
  }
}
