import { expect, it } from 'vitest';

import { JumpingClock } from '../../../adapters/clock/jumping-clock.js';
import { keepUp } from '../../../services/maintenance/upkeep.js';
import { Workload } from '../../../services/workload.js';
import { chanceFrom } from '../../../simulation/scheduler/seeded.js';

it('gives permits of ended processes back and forgets the past, again and again', async () => {
  const clock = new JumpingClock({ start: 1_000_000, speed: Infinity });
  const over = new AbortController();
  const forgotten: number[] = [];
  const workload = new Workload();
  let released = 0;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const ended = keepUp({
    clock,
    randomness: chanceFrom(1),
    log,
    signal: over.signal,
    workload,
    commands: { releaseEnded: () => Promise.resolve((released += 1)) },
    prune: (before) => Promise.resolve(void forgotten.push(before)),
    everyMs: 1_000,
    keepMs: 500_000,
  });
  const probe = (): Promise<boolean> => {
    if (released >= 3) over.abort();
    return Promise.resolve(workload.active === 0);
  };
  await clock.run(probe, 2_000_000, over.signal);
  await ended;
  expect(released).toBeGreaterThanOrEqual(3);
  expect(forgotten.slice(0, 3)).toEqual([500_000, 501_000, 502_000]);
});
