import { systemRandomness } from '../../../adapters/clock/system-clock.js';
import type { Supervision } from '../../../services/supervision.js';
import { Workload } from '../../../services/workload.js';
import { silentLog } from '../silent-log.js';

/** A loop's surroundings: each wait lets the clock jump to the next of these moments; after the last one it is over. */
export function loopOver(moments: readonly number[]): Supervision {
  const over = new AbortController();
  const left = [...moments];
  let now = left.shift() ?? 0;
  return {
    clock: {
      now: () => now,
      fromLogTime: (wallMs) => wallMs,
      waitUntil: () => {
        const next = left.shift();
        if (next === undefined) over.abort();
        else now = next;
        return Promise.resolve();
      },
    },
    randomness: systemRandomness,
    log: silentLog,
    signal: over.signal,
    workload: new Workload(),
  };
}
