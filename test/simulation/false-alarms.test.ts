import { describe, expect, it } from 'vitest';
import { breaker, FalseAlarms, isolateLimit } from './false-alarms.js';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
/** With ten thousand it takes minutes: docs/guarantees.md has the last result. */
const nodes = Number(process.env['FAULTLINE_FALSE_ALARMS'] ?? 1_000);

describe(
  'given a probe that says of every node of a fleet that it is ill',
  { timeout: 30 * minuteMs },
  () => {
    it('then few are isolated, a person is asked within a second, and after the denial all are back by themselves', async () => {
      const alarms = await FalseAlarms.on(nodes);
      alarms.reportAll(20 * secondMs);
      await alarms.pass(minuteMs);

      const [incident, ...others] = await alarms.incidents();
      if (incident?.incident === undefined) expect.fail('nobody was asked');
      expect(others).toEqual([]);
      expect(incident.incident.shared).toContain(`reporter=bad-probe (${nodes} of ${nodes})`);
      const enough = Math.max(breaker?.nodes ?? 0, nodes * (breaker?.share ?? 0));
      expect(incident.begun.at - (alarms.begun[enough - 1] ?? 0)).toBeLessThanOrEqual(secondMs);
      const budget = nodes * (isolateLimit?.atOnce?.share ?? 0);
      expect(alarms.mostIsolated).toBeGreaterThan(0);
      expect(alarms.mostIsolated).toBeLessThanOrEqual(Math.min(budget, 2 * (isolateLimit?.rate?.count ?? 0)));
      expect(alarms.running).toBe(nodes);

      await alarms.deny(incident.id, { by: 'anna', reason: 'the probe reads the wrong disk' });
      await alarms.pass(30 * minuteMs, () => alarms.running === 0);
      expect([alarms.isolated, alarms.running]).toEqual([0, 0]);
    });
  },
);
