import { describe, expect, it } from 'vitest';
import { describeFailure } from './schedules/describe-failure.js';
import { withoutRealTime } from './schedules/forbidden.js';
import { playSeed, trySeeds } from './schedules/try-seeds.js';

const budgetSeconds = Number(process.env['FAULTLINE_SIMULATION_SECONDS'] ?? 30);
const firstSeed = Number(process.env['FAULTLINE_SEED'] ?? 1);
/** Fewer than this would prove little; a slower machine takes longer rather than look at less. */
const fewest = 40;

describe('the whole of Faultline under seeded schedules', () => {
  it(
    `keeps what it promises in as many schedules as fit into ${budgetSeconds} s`,
    { timeout: 20 * 60_000 },
    async () => {
      const begun = performance.now();
      let played = 0;
      const tally = await trySeeds({
        firstSeed,
        schedules: Infinity,
        goOn: () => played < fewest || performance.now() - begun < budgetSeconds * 1000,
        onSchedule: () => {
          played += 1;
        },
        shrinkRuns: 100,
        mostFailures: 1,
      });
      expect(tally.failures.map(describeFailure)).toEqual([]);
      expect(Object.keys(tally.outcomes)).toEqual(
        expect.arrayContaining(['RECOVERED', 'CANCELLED', 'RETIRED']),
      );
    },
  );

  it.each([1, 7])('goes through the same steps again for the same seed (%i)', async (seed) => {
    const once = await withoutRealTime(() => playSeed(seed));
    const again = await withoutRealTime(() => playSeed(seed));
    expect(again.result.hash).toBe(once.result.hash);
    expect((await withoutRealTime(() => playSeed(seed + 1))).result.hash).not.toBe(once.result.hash);
  });

  it('sees when the code under simulation asks the wall clock', async () => {
    await expect(withoutRealTime(() => Promise.resolve(Date.now()))).rejects.toThrow('Date.now');
  });
});
