import { describe, expect, it } from 'vitest';
import type { FleetPicture } from '../../../adapters/ports/journal.js';
import { budgetsFor } from '../../../services/guard/budgets.js';
import { countersInUse } from '../../../services/guard/counters-in-use.js';
import { noMetrics } from '../../../services/guard/metrics/hold-by-metrics.js';
import type { Budget } from '../../../services/guard/policy.js';
import { budgetWith, memberWith, now, requestTo } from './asked.js';

const minuteMs = 60_000;
const picture: FleetPicture = {
  ...{ cluster: 'a', observedAt: now },
  groups: [
    { pool: 'p', zone: 'z', labels: { rack: 'r1' }, size: 40 },
    { pool: 'p', zone: 'y', labels: {}, size: 20 },
    { pool: 'q', zone: 'z', labels: { rack: 'r2' }, size: 100 },
  ],
};

function inUse(counters: readonly string[], budgets: readonly Budget[]): ReturnType<typeof countersInUse> {
  return countersInUse({
    book: { counters: () => Promise.resolve(counters.map((counter) => ({ counter, used: 2 }))) },
    inventory: { picture: (cluster) => Promise.resolve(cluster === 'a' ? picture : undefined) },
    ...{ policy: { budgets }, now },
  });
}

describe('of a counter that is in use', () => {
  const scopes: readonly Budget['scope'][] = [
    ...(['cluster', 'pool', 'zone', 'node', 'faultType', 'reporter', 'owner'] as const).map((kind) => ({
      kind,
    })),
    { kind: 'label', label: 'rack' },
  ];
  it.each(scopes)(
    'given a budget by $kind, then it may come to as many as whoever asks is told',
    async (scope) => {
      const limits = { atOnce: { share: 0.1 }, minimumHealthy: { share: 0.8 } };
      const budget = budgetWith({ scope, ...limits, rate: { count: 7, windowMs: minuteMs } });
      const where = { pools: ['p'], zones: ['y', 'z'] };
      const budgets = [budget, { ...budget, name: 'part', where }];
      const policy = { budgets, business: noMetrics, inventoryMaximumAgeMs: minuteMs, askAgainMs: 15_000 };
      const request = requestTo('isolate', {
        owner: 'system:serviceaccount:upgrades/kernel',
        reporter: 'npd',
      });
      const answer = budgetsFor(request, policy, { picture, member: memberWith(), now });
      const asked = answer.kind === 'ask' ? answer.budgets : [];
      expect(asked).toHaveLength(6);
      expect(
        await inUse(
          asked.map(({ counter }) => counter),
          budgets,
        ),
      ).toEqual(asked.map(({ counter, cap }) => ({ counter, used: 2, cap })));
    },
  );

  it('given a window that is over, a rate that is gone and a budget that is gone, then only what is still held is told, without a limit', async () => {
    const budgets = [budgetWith({ rate: { count: 7, windowMs: minuteMs } }), budgetWith({ name: 'other' })];
    const over = new Date(now - minuteMs).toISOString();
    const counters = [
      `some/rate/a/${over}`,
      `other/rate/a/${new Date(now).toISOString()}`,
      'gone/in-flight/a',
    ];
    expect(await inUse(counters, budgets)).toEqual([{ counter: 'gone/in-flight/a', used: 2 }]);
  });

  it('given a cluster that was never observed, then there is no limit of a share', async () => {
    expect(await inUse(['some/in-flight/b'], [budgetWith({ atOnce: { share: 0.1 } })])).toEqual([
      { counter: 'some/in-flight/b', used: 2 },
    ]);
  });
});
