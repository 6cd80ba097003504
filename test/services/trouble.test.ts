import { expect, it } from 'vitest';
import { JumpingClock } from '../../adapters/clock/jumping-clock.js';
import { superviseLoop } from '../../services/supervision.js';
import { Workload } from '../../services/workload.js';
import { silentLog } from './silent-log.js';

it('given work that waits for a loop in trouble, then the clock that jumps waits for it, and it does not wait for the clock: the demo stood still for ever', async () => {
  const clock = new JumpingClock({ start: 1_000, speed: Infinity });
  const over = new AbortController();
  let turns = 0;
  let isDone = false;
  const loop = superviseLoop(
    'sender',
    {
      clock,
      randomness: { next: () => 0.1, uuid: () => '' },
      log: silentLog,
      signal: over.signal,
      workload: new Workload(),
    },
    () => {
      turns += 1;
      if (turns === 1) return Promise.reject(new Error('the journal does not answer'));
      isDone = true;
      over.abort();
      return Promise.resolve();
    },
  );
  clock.schedule(2_000, () => undefined);
  await clock.run(() => Promise.resolve(isDone), 10_000, new AbortController().signal);
  await loop;
  expect(turns).toBe(2);
  expect(clock.now()).toBe(2_000);
});

it('a relay that had run for days waited half a minute after a hiccup: given a turn that gets along between its troubles, then each of them is the first', async () => {
  const over = new AbortController();
  const troubles: unknown[] = [];
  let turns = 0;
  await superviseLoop(
    'sender',
    {
      clock: new JumpingClock({ start: 1_000, speed: Infinity }),
      randomness: { next: () => 0, uuid: () => '' },
      log: { ...silentLog, warn: (fields) => troubles.push(fields) },
      signal: over.signal,
      workload: new Workload(),
    },
    (getsAlong) => {
      turns += 1;
      if (turns > 2) getsAlong();
      if (turns === 4) over.abort();
      return Promise.reject(new Error('the log does not answer'));
    },
  );
  expect(troubles).toMatchObject([{ troubles: 1 }, { troubles: 2 }, { troubles: 1 }]);
});
