import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { simulateRecord } from '../../cli/composition/simulate.js';
import { withoutRealTime } from '../../simulation/schedules/forbidden.js';

const record = join(import.meta.dirname, '../../data/lanl/system-18.csv');
const nodes = 1024;

describe('a failure record in virtual time', { timeout: 10 * 60_000 }, () => {
  it('is handled for sixty days on a thousand nodes: every promise holds, and every row is accounted for', async () => {
    const result = await simulateRecord({ record, nodes, days: 60, seed: 1 });
    expect(result.violations).toEqual([]);
    expect(result).toMatchObject({ rows: 115, unaccountedReports: 0, cordonedLeft: 0, deadLetters: 0 });
    const fates = Object.values(result.rowsByFate).reduce((sum, rows) => sum + rows, 0);
    expect(fates).toBe(result.rows);
    expect(result.processes).toMatchObject({ active: 0, ended: result.processes.started });
    expect(result.rowsByFate.process + result.rowsByFate.joined).toBeGreaterThanOrEqual(0.95 * result.rows);
    expect(result.outcomes.Recovered).toBeGreaterThanOrEqual(0.9 * result.processes.ended);
  });

  it('is played through the same steps again for the same seed, and through others for another', async () => {
    const play = (seed: number) => withoutRealTime(() => simulateRecord({ record, nodes, days: 4, seed }));
    const { hash } = await play(1);
    expect((await play(1)).hash).toBe(hash);
    expect((await play(2)).hash).not.toBe(hash);
  });
});
