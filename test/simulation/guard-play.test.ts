import { describe, expect, it } from 'vitest';
import type { PlayedPolicy } from '../../services/guard/play/play-policy.js';
import { budgetsPerOperation, FalseAlarms } from './false-alarms.js';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const nodes = 60;

function operationIn(played: PlayedPolicy, name: string) {
  return played.operations.find(({ operation }) => operation === name);
}

/** The limits that held, but for how many may be isolated at once. */
const withIsolations = (count: number) =>
  budgetsPerOperation.map((budget) =>
    budget.name === 'isolate' ? { ...budget, atOnce: { count } } : budget,
  );

describe('given a fleet that was repaired at the pace of a policy', { timeout: 5 * minuteMs }, () => {
  it('when the same policy is played on what was recorded, then it holds what was held; and a wider one holds less', async () => {
    const alarms = await FalseAlarms.on(nodes);
    const since = alarms.now;
    alarms.reportAll(20 * secondMs);
    await alarms.pass(minuteMs);
    const [incident] = await alarms.incidents();
    if (incident === undefined) expect.fail('nobody was asked');
    await alarms.approve(incident.id, { by: 'anna', reason: 'the disks are broken' });
    await alarms.pass(65 * minuteMs);

    const same = await alarms.playAgain(since);
    const isolate = operationIn(same, 'isolate');
    // Of those that still wait nobody knows when they will begin.
    expect(isolate?.stillWaiting).toBe(isolate?.unknownInFact);
    expect(isolate?.held.count).toBe((isolate?.heldInFact.count ?? 0) + (isolate?.unknownInFact ?? 0));
    const begun = same.first.filter(({ waitedMs }) => waitedMs !== undefined);
    expect(begun.length).toBeGreaterThan(2);
    for (const { waitedMs = 0, waitedInFactMs = 0 } of begun)
      expect(Math.abs(waitedMs - waitedInFactMs)).toBeLessThanOrEqual(2 * secondMs);
    expect(same.trips.map(({ breaker }) => breaker)).toEqual(['many']);

    const wider = await alarms.playAgain(since, withIsolations(10));
    const narrower = await alarms.playAgain(since, withIsolations(1));
    const waiting = [wider, same, narrower].map(
      (played) => operationIn(played, 'isolate')?.stillWaiting ?? 0,
    );
    expect(waiting).toEqual([...new Set(waiting)].sort((one, other) => one - other));
  });
});
