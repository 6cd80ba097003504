import type { Clock, Randomness } from '../../ports/clock.js';
import { kindOfFailure } from './failures.js';

const attempts = 12;
const firstPauseMs = 4;
const longestPauseMs = 500;

/** Runs a transaction again while it fails by deadlock or serialisation, after a random pause that grows. */
export async function retryConflicts<Result>(
  { clock, randomness }: { readonly clock: Clock; readonly randomness: Randomness },
  run: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (kindOfFailure(error) !== 'retry' || attempt === attempts) throw error;
      const longest = Math.min(firstPauseMs * 2 ** attempt, longestPauseMs);
      await clock.waitUntil(clock.now() + Math.ceil(longest * randomness.next()));
    }
  }
}
