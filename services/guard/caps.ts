import type { Amount, Budget } from './policy.js';

/** A share of so many nodes. Of 100 nodes 0.29 are 29, which is not what they are as floating point (28.999999999999996). */
export function partOf(share: number, size: number): number {
  return Number((share * size).toPrecision(12));
}

/** How many may be at it at once, of so many nodes. A share is at least one node, unless it is 0. */
export function capOf({ share, count }: NonNullable<Budget['atOnce']>, size: number): number {
  const ofShare =
    share === undefined ? Infinity : share === 0 ? 0 : Math.max(1, Math.floor(partOf(share, size)));
  return Math.min(ofShare, count ?? Infinity);
}

/** How many may be out of service at once, of so many nodes. Rounded up to what stays healthy: half of three nodes are two. */
export function mostOut(minimumHealthy: Amount, size: number): number {
  const healthy =
    'count' in minimumHealthy ? minimumHealthy.count : Math.ceil(partOf(minimumHealthy.share, size));
  return Math.max(0, size - healthy);
}
