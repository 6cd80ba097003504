import { expect, it } from 'vitest';

import { JumpingClock } from '../../../adapters/clock/jumping-clock.js';

const never = new AbortController().signal;

function clockFrom(start: number): JumpingClock {
  return new JumpingClock({ start, speed: Infinity });
}

it('runs what is due in order of time, and of two for one instant the earlier made first', async () => {
  const clock = clockFrom(1_000);
  const ran: string[] = [];
  clock.schedule(3_000, () => ran.push('later'));
  clock.schedule(2_000, () => ran.push('first'));
  clock.schedule(2_000, () => ran.push('second'));
  await clock.run(() => Promise.resolve(true), 10_000, never);
  expect(ran).toEqual(['first', 'second', 'later']);
  expect(clock.now()).toBe(3_000);
});

it('reaches an instant between two milliseconds instead of standing still before it for ever', async () => {
  const clock = clockFrom(1_000);
  const waited = clock.waitUntil(1_500.25).then(() => clock.now());
  await clock.run(() => Promise.resolve(true), 10_000, never);
  expect(await waited).toBe(1_501);
});

it('stands still while there is work', async () => {
  const clock = clockFrom(1_000);
  let looks = 0;
  const busyTwice = (): Promise<boolean> => Promise.resolve((looks += 1) > 2);
  const seen: number[] = [];
  clock.schedule(2_000, () => seen.push(looks));
  await clock.run(busyTwice, 10_000, never);
  expect(seen).toEqual([3]);
});

it('lets a waiter go when it is aborted', async () => {
  const clock = clockFrom(1_000);
  const over = new AbortController();
  const waiting = clock.waitUntil(5_000, over.signal);
  over.abort();
  await waiting;
  expect(clock.now()).toBe(1_000);
});

it('lets whoever was woken begin its work before it asks whether all is quiet', async () => {
  const clock = clockFrom(1_000);
  const woken: number[] = [];
  const chain = async (): Promise<void> => {
    for (let at = 2_000; at <= 4_000; at += 1_000) {
      await clock.waitUntil(at);
      woken.push(clock.now());
    }
  };
  void chain();
  await clock.run(() => Promise.resolve(true), 10_000, never);
  expect(woken).toEqual([2_000, 3_000, 4_000]);
});
