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

it('lets the reader of one part wait while another part is behind: relays asked for entries without a pause', async () => {
  const entries = new WakeUp();
  entries.reading(1);
  entries.announce();
  entries.reading(2);
  expect(await isOver(entries.wait(never, 2))).toBe(false);
  expect(await isOver(entries.wait(never, 1))).toBe(true);
});

it('wakes every waiting part', async () => {
  const entries = new WakeUp();
  const waits = [1, 2].map((part) => {
    entries.reading(part);
    return entries.wait(never, part);
  });
  entries.announce();
  expect(await Promise.all(waits.map(isOver))).toEqual([true, true]);
});
