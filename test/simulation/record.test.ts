import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectPublishedForm } from '../cli/form-validator.js';
import { simulateRecord } from '../../cli/composition/simulate.js';
import { withoutRealTime } from '../../simulation/schedules/forbidden.js';

const record = join(import.meta.dirname, '../../data/lanl/system-18.csv');
const nodes = 1024;
/** Where only Node is another one, a few are enough. */
const days = Number(process.env['FAULTLINE_RECORD_DAYS'] ?? 60);

/** Rows of the record whose failure began in its first days. */
function rowsWithin(): number {
  const [, ...lines] = readFileSync(record, 'utf8').trim().split('\n');
  const begun = lines.map((line) => Date.parse(`${line.split(',')[1] ?? ''}Z`));
  return begun.filter((at) => at < Math.min(...begun) + days * 86_400_000).length;
}

describe('a failure record in virtual time', { timeout: 10 * 60_000 }, () => {
  it('is handled for its first days on a thousand nodes: every promise holds, and every row is accounted for', async () => {
    const result = await simulateRecord({ record, nodes, days, seed: 1 });
    expectPublishedForm(result, 'SimulationResult');
    expect(result.violations).toEqual([]);
    expect(result.rowsByFate.unhandled).toBe(0);
    expect(result).toMatchObject({
      rows: rowsWithin(),
      unaccountedReports: 0,
      cordonedLeft: 0,
      deadLetters: 0,
    });
    const fates = Object.values(result.rowsByFate).reduce((sum, rows) => sum + rows, 0);
    expect(fates).toBe(result.rows);
    expect(result.processes).toMatchObject({ active: 0, ended: result.processes.started });
    expect(result.rowsByFate.process + result.rowsByFate.joined).toBeGreaterThanOrEqual(0.95 * result.rows);
    expect(result.outcomes.Recovered).toBeGreaterThanOrEqual(0.9 * result.processes.ended);
  });

  it.each([
    [32, 'switch', /switch[ =]switch-00/],
    [32, 'power', /power-domain[ =]power-0/],
    [32, 'rack', /rack=rack-0/],
    [200, 'rack', /zone/],
  ] as const)(
    'with an outage of %i nodes by %s over it, then that is one incident, and every node of it is repaired',
    { timeout: 120_000 },
    async (out, of, common) => {
      const result = await simulateRecord({ record, nodes, days: 1, seed: 1, outage: { nodes: out, of } });
      expectPublishedForm(result, 'SimulationResult');
      expect(result.violations).toEqual([]);
      expect(result).toMatchObject({ unaccountedReports: 0, cordonedLeft: 0 });
      expect(result.incidents).toHaveLength(1);
      expect(result.incidents[0]).toMatchObject({ nodes: out });
      expect(result.outcomes.Recovered).toBeGreaterThanOrEqual(out);
      const { common: counted, shared } = result.incidents[0] ?? { common: '', shared: [] };
      expect([counted, ...shared].join()).toMatch(common);
    },
  );

  it('is played through the same steps again for the same seed, and through others for another', async () => {
    const play = (seed: number) => withoutRealTime(() => simulateRecord({ record, nodes, days: 4, seed }));
    const { hash } = await play(1);
    expect((await play(1)).hash).toBe(hash);
    expect((await play(2)).hash).not.toBe(hash);
  });
});
