import { randomUUID } from 'node:crypto';

import type { Clock, Randomness } from '../ports/clock.js';

/** Longest delay that Node's timers take (2^31 - 1 ms). */
const longestDelayMs = 2_147_483_647;

function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, Math.min(Math.max(0, milliseconds), longestDelayMs));
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** Wall-clock time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  fromLogTime: (wallMs) => wallMs,
  async waitUntil(instant, signal) {
    while (Date.now() < instant && signal?.aborted !== true) await delay(instant - Date.now(), signal);
  },
};

/** Chance of the operating system. */
export const systemRandomness: Randomness = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
};
