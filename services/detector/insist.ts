import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { Log } from '../../adapters/ports/log.js';

const firstMs = 200;
/** Faults wait as long as this after the log is back. */
const longestMs = 5_000;

/**
 * Does something again until it succeeds or `signal` aborts: what was seen is not lost because the log or the journal is
 * away for a while. The work has to bear being done twice. Never rejects.
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
): Promise<void> {
  const { clock, randomness, signal, log } = options;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      await work();
      return;
    } catch (error) {
      log.warn({ error }, `${what} could not be passed on; it is tried again`);
      const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(failures, 10));
      const waitMs = Math.ceil(ceiling * (0.1 + 0.9 * randomness.next()));
      await clock.waitUntil(clock.now() + waitMs, signal, 'trouble');
    }
  }
}
