import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';

import { withoutRealTime } from '../../simulation/schedules/forbidden.js';
import { playSeed } from '../../simulation/schedules/try-seeds.js';

const seeds = [1, 2, 3, 4, 5, 6];

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
}

it('a run that is over is let go of: after 1,400 of them the heap of 4 GB was full', async () => {
  const worlds: WeakRef<object>[] = [];
  for (const seed of seeds)
    await withoutRealTime(() =>
      playSeed(seed, { onBuilt: ({ installation }) => worlds.push(new WeakRef(installation.store)) }),
    );
  // What was looked at in this turn of the loop is kept until the next.
  await pause(10);
  collectGarbage();
  const kept = worlds.filter((world) => world.deref() !== undefined);
  expect(worlds).toHaveLength(seeds.length);
  // The last one may still be on the stack of whoever played it.
  expect(kept.length).toBeLessThan(2);
});
