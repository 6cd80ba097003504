import { setTimeout as pause } from 'node:timers/promises';
import type { Randomness } from '../../ports/clock.js';
import { kindOfFailure } from './failures.js';

const attempts = 12;
const firstPauseMs = 4;
const longestPauseMs = 500;

/**
 * Runs a transaction again while it fails by deadlock or serialisation, after a random pause that grows. The pause is in
 * real time: what it waits for is another transaction, which no clock of an installation makes any faster.
 */
export async function retryConflicts<Result>(
  { randomness }: { readonly randomness: Randomness },
  run: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      if (kindOfFailure(error) !== 'retry' || attempt === attempts) throw error;
      const longest = Math.min(firstPauseMs * 2 ** attempt, longestPauseMs);
      await pause(Math.ceil(longest * randomness.next()));
    }
  }
}
