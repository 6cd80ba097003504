import { expect, it } from 'vitest';

import { WakeUp } from '../../../adapters/journal/wake-up.js';

const never = new AbortController().signal;

/** Whether the wait is over within this turn of the event loop. */
async function isOver(wait: Promise<void>): Promise<boolean> {
  let over = false;
  void wait.then(() => (over = true));
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

it('lets a reader wait that has read all, and none that is behind', async () => {
  const entries = new WakeUp();
  entries.reading();
  entries.announce();
  expect(await isOver(entries.wait(never))).toBe(true);
  entries.reading();
  expect(await isOver(entries.wait(never))).toBe(false);
});

it('wakes everyone who waits', async () => {
  const entries = new WakeUp();
  entries.reading();
  const waits = [entries.wait(never), entries.wait(never)];
  entries.announce();
  expect(await Promise.all(waits.map(isOver))).toEqual([true, true]);
});
