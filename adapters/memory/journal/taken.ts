import type { NodeKey } from '../../../domain/identifiers.js';
import { isAboutPlace } from '../../../domain/where.js';
import type { BudgetClaim, OutOfService } from '../../ports/journal.js';
import type { MemoryStore } from './store.js';

export type CountedStore = Pick<MemoryStore, 'permits' | 'fleet' | 'queues'>;

/** How much of a counter is taken, with whom it counts as out of service; of these without this node. */
export function takenOf(
  store: CountedStore,
  { counter, outOfService }: Pick<BudgetClaim, 'counter' | 'outOfService'>,
  node?: NodeKey,
): number {
  const used = store.permits.used.get(counter) ?? 0;
  if (outOfService === undefined) return used;
  const out = countOut(store, outOfService, node);
  return outOfService.who === 'others' ? used + out : out;
}

function countOut(store: CountedStore, { cluster, where, who }: OutOfService, but?: NodeKey): number {
  const { permits, fleet, queues } = store;
  const candidates = new Set([...fleet.unavailableIn(cluster), ...queues.resting]);
  if (who === 'everybody') for (const node of permits.takenOut.keys()) candidates.add(node);
  let count = 0;
  for (const node of candidates) {
    const member = node === but ? undefined : fleet.memberOf(cluster, node);
    if (member === undefined || !isAboutPlace(where, member)) continue;
    if (who === 'everybody' || !permits.takenOut.has(node)) count += 1;
  }
  return count;
}
