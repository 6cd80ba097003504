import type { Clock, Randomness } from '../adapters/ports/clock.js';
import type { Log } from '../adapters/ports/log.js';
import { backOffMs, dependencyBounds, type BackOffBounds } from './back-off.js';

/**
 * Does something again until it succeeds or `signal` aborts: what was seen is not lost because the log or the journal is
 * away for a while. The work has to bear being done twice. Resolves with whether it was done; never rejects.
 */
export async function insist(
  options: {
    readonly clock: Clock;
    readonly randomness: Randomness;
    readonly signal: AbortSignal;
    readonly log: Log;
  },
  what: string,
  work: () => Promise<void>,
  bounds: BackOffBounds = dependencyBounds,
): Promise<boolean> {
  const { clock, randomness, signal, log } = options;
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      await work();
      return true;
    } catch (error) {
      log.warn({ error }, `${what} could not be passed on; it is tried again`);
      await clock.waitUntil(clock.now() + backOffMs(tries, randomness, bounds), signal, 'trouble');
    }
  }
  return false;
}
