import type { Randomness } from '../adapters/ports/clock.js';

/** First and longest wait between two tries, ms. */
export interface BackOffBounds {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** How a dependency that is away is waited for: everything waits as long as the longest of these after it is back. */
export const dependencyBounds: BackOffBounds = { firstMs: 200, longestMs: 5_000 };

/** Wait before try number `tries + 1`, ms: full jitter under a ceiling that doubles, but never less than a tenth of it. */
export function backOffMs(tries: number, randomness: Randomness, bounds: BackOffBounds): number {
  const ceiling = Math.min(bounds.longestMs, bounds.firstMs * 2 ** Math.min(Math.max(tries - 1, 0), 20));
  return Math.ceil(ceiling * (0.1 + 0.9 * randomness.next()));
}
