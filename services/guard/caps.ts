import type { Amount, Budget } from './policy.js';
import type { Population } from './scopes.js';

/**
 * How many may be at it at once; undefined: the budget does not say. A share is at least one node, unless it is 0 or that
 * one would leave fewer than are to stay healthy. `takesOut`: the node is in service and would not be any more; then
 * those that others keep out leave less for us, or the limit would never hold. A node that is out already takes nothing
 * more from the fleet, so that repair goes on while many are down; how many are repaired at once is bounded all the same.
 */
export function capOf(
  { atOnce, minimumHealthy }: Pick<Budget, 'atOnce' | 'minimumHealthy'>,
  { size, unavailableByOthers }: Population,
  takesOut: boolean,
): number | undefined {
  const ofShare = atOnce?.share === undefined ? [] : [nodesOf(atOnce.share, size)];
  const ofCount = atOnce?.count === undefined ? [] : [atOnce.count];
  const ofHealth = takesOut && minimumHealthy !== undefined ? [size - atLeast(minimumHealthy, size)] : [];
  const caps = [...ofShare, ...ofCount, ...ofHealth];
  if (caps.length === 0) return undefined;
  const cap = Math.min(...caps);
  return Math.max(0, takesOut ? cap - unavailableByOthers : cap);
}

function nodesOf(share: number, size: number): number {
  return share === 0 ? 0 : Math.max(1, Math.floor(share * size));
}

/** Rounded up: half of three nodes are two. */
function atLeast(amount: Amount, size: number): number {
  return 'count' in amount ? amount.count : Math.ceil(amount.share * size);
}
