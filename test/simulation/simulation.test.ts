import { runInThisContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../simulation/schedules/describe-failure.js';
import { withoutRealTime } from '../../simulation/schedules/forbidden.js';
import { playSeed, trySeeds } from '../../simulation/schedules/try-seeds.js';

/** Always the same ones: whether a build is green must not hang on how fast the machine is. */
const schedules = Number(process.env['FAULTLINE_SIMULATIONS'] ?? 500);
const firstSeed = Number(process.env['FAULTLINE_SEED'] ?? 1);

describe(`the whole of Faultline under ${schedules} seeded schedules`, () => {
  it('keeps what it promises', { timeout: 20 * 60_000 }, async () => {
    const tally = await trySeeds({
      firstSeed,
      schedules,
      goOn: () => true,
      shrinkRuns: 100,
      mostFailures: 1,
    });
    expect(tally.failures.map((failure) => describeFailure(failure))).toEqual([]);
    // A few schedules alone need not have every way to end.
    const seen = schedules < 50 ? ['RECOVERED'] : ['RECOVERED', 'CANCELLED', 'HANDED_TO_HUMAN', 'RETIRED'];
    expect(Object.keys(tally.outcomes)).toEqual(expect.arrayContaining(seen));
  });

  it.each([1, 7])('goes through the same steps again for the same seed (%i)', async (seed) => {
    const once = await withoutRealTime(() => playSeed(seed));
    const again = await withoutRealTime(() => playSeed(seed));
    expect(again.result.hash).toBe(once.result.hash);
    expect((await withoutRealTime(() => playSeed(seed + 1))).result.hash).not.toBe(once.result.hash);
  });

  it('sees when the code under simulation asks the wall clock', async () => {
    await expect(withoutRealTime(() => Promise.resolve(Date.now()))).rejects.toThrow('Date.now');
  });

  it('does not take for ours what the runtime still does for the test before (seen on Node 22)', async () => {
    const afterwards: unknown = runInThisContext('(done) => setImmediate(() => done(Date.now()))');
    if (typeof afterwards !== 'function') throw new TypeError('not a function');
    const work = (): Promise<unknown> =>
      new Promise((resolve) => {
        Reflect.apply(afterwards, undefined, [resolve]);
      });
    await expect(withoutRealTime(work)).resolves.toBeTypeOf('number');
  });
});
