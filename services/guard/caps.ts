import type { Amount, Budget } from './policy.js';

/** How many may be at it at once, of so many nodes. A share is at least one node, unless it is 0. */
export function capOf({ share, count }: NonNullable<Budget['atOnce']>, size: number): number {
  const ofShare = share === undefined ? Infinity : share === 0 ? 0 : Math.max(1, Math.floor(share * size));
  return Math.min(ofShare, count ?? Infinity);
}

/** How many may be out of service at once, of so many nodes. Rounded up to what stays healthy: half of three nodes are two. */
export function mostOut(minimumHealthy: Amount, size: number): number {
  const healthy = 'count' in minimumHealthy ? minimumHealthy.count : Math.ceil(minimumHealthy.share * size);
  return Math.max(0, size - healthy);
}
