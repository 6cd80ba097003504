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

it('lets at most so many seconds pass in one second', async () => {
  const clock = new JumpingClock({ start: 0, speed: 10_000 });
  const ran: { readonly at: number; readonly afterMs: number }[] = [];
  const begun = performance.now();
  for (const at of [1_000_000, 2_000_000])
    clock.schedule(at, () => ran.push({ at, afterMs: performance.now() - begun }));
  await clock.run(() => Promise.resolve(true), 10_000_000, never);
  expect(ran.map(({ at }) => at)).toEqual([1_000_000, 2_000_000]);
  // A slow machine makes it later, and nothing makes it earlier.
  for (const { at, afterMs } of ran) expect(afterMs).toBeGreaterThanOrEqual(at / 10_000 - 1);
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

it('goes on as a clock on the wall does when it walks, until it is told to stop', async () => {
  const clock = clockFrom(1_000);
  const over = new AbortController();
  const walked = clock.walk(over.signal);
  await clock.waitUntil(1_250);
  expect(clock.now()).toBeGreaterThanOrEqual(1_250);
  over.abort();
  await walked;
  const stood = clock.now();
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(clock.now()).toBe(stood);
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

it('places what a log with times of the wall appended at the instant at which it stood still then', async () => {
  const clock = new JumpingClock({ start: 1_000, speed: Infinity, logTime: 'wall' });
  const appended: { readonly wallMs: number; readonly at: number }[] = [];
  const append = (): void => void appended.push({ wallMs: Date.now(), at: clock.now() });
  append();
  for (const at of [90_000, 5_000_000]) clock.schedule(at, append);
  let looks = 0;
  // Some milliseconds of the wall between two jumps.
  const probe = (): Promise<boolean> => Promise.resolve((looks += 1) % 4 === 0);
  await clock.run(probe, 10_000_000, never);
  expect(appended.map(({ at }) => at)).toEqual([1_000, 90_000, 5_000_000]);
  expect(appended.map(({ wallMs }) => clock.fromLogTime(wallMs))).toEqual([1_000, 90_000, 5_000_000]);
});
