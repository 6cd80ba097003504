import { describe, expect, it } from 'vitest';
import type { FleetGroup } from '../../../adapters/ports/journal.js';
import type { Operation } from '../../../domain/command.js';
import { operations } from '../../../domain/command.js';
import { budgetsFor, type FleetNow } from '../../../services/guard/budgets.js';
import { noMetrics } from '../../../services/guard/metrics/hold-by-metrics.js';
import { budgetsPerCluster, type Budget, type GuardPolicy } from '../../../services/guard/policy.js';
import { budgetWith, memberWith, now, requestTo } from './asked.js';

const limits = Object.fromEntries(
  operations.map((operation) => [operation, { share: 0.1, rate: 60, rateWindowMs: 60_000 }]),
) as Parameters<typeof budgetsPerCluster>[0];
const policy: GuardPolicy = {
  business: noMetrics,
  inventoryMaximumAgeMs: 15 * 60_000,
  askAgainMs: 15_000,
  budgets: budgetsPerCluster(limits),
};
const group: FleetGroup = {
  ...{ pool: 'p', zone: 'z', labels: { rack: 'r1' } },
  size: 100,
};

function fleetOf(groups: readonly FleetGroup[], more: Partial<FleetNow> = {}): FleetNow {
  return { picture: { cluster: 'a', observedAt: now, groups }, member: memberWith(), now, ...more };
}

function capsFor(operation: Operation, fleet: FleetNow, rules = policy): Readonly<Record<string, number>> {
  const answer = budgetsFor(requestTo(operation), rules, fleet);
  if (answer.kind !== 'ask') throw new Error(answer.reason);
  return Object.fromEntries(answer.budgets.map(({ line, cap }) => [line, cap]));
}

describe('the change guard', () => {
  it('given an operation that nobody has set a limit for, then it waits', () => {
    const answer = budgetsFor(requestTo('release'), { ...policy, budgets: [] }, fleetOf([group]));
    expect(answer).toMatchObject({ kind: 'wait', reason: 'NoBudget' });
  });

  it('given a healthy node that is to be isolated, then those that others keep out count, of the nodes of the budget', () => {
    const outOf = (budget: Parameters<typeof budgetWith>[0]): unknown => {
      const budgets = [budgetWith({ atOnce: { count: 3 }, ...budget })];
      const answer = budgetsFor(requestTo('isolate'), { ...policy, budgets }, fleetOf([group]));
      return answer.kind === 'ask' ? answer.budgets.map(({ outOfService }) => outOfService) : answer;
    };
    const others = { cluster: 'a', who: 'others' };
    expect(outOf({})).toEqual([{ ...others, where: {} }]);
    expect(outOf({ scope: { kind: 'owner' } })).toEqual([{ ...others, where: {} }]);
    expect(outOf({ scope: { kind: 'pool' } })).toEqual([{ ...others, where: { pools: ['p'] } }]);
    expect(outOf({ scope: { kind: 'zone' }, where: { pools: ['p', 'q'] } })).toEqual([
      { ...others, where: { pools: ['p', 'q'], zones: ['z'] } },
    ]);
    const labels = { row: ['1'], rack: ['r1', 'r2'] };
    expect(
      outOf({ scope: { kind: 'label', label: 'rack' }, where: { labels: { rack: labels.rack } } }),
    ).toEqual([{ ...others, where: { labels: { rack: ['r1'] } } }]);
  });

  it('given a number that has to stay healthy, then it is counted by nodes, and of scopes that are none of nodes for all values together', () => {
    const askedOf = (scope: Budget['scope'], unavailable = false): unknown => {
      const budgets = [budgetWith({ scope, minimumHealthy: { share: 0.8 } })];
      const fleet = fleetOf([group], { member: memberWith({ unavailable }) });
      const answer = budgetsFor(requestTo('isolate'), { ...policy, budgets }, fleet);
      return answer.kind === 'ask' ? answer.budgets : answer;
    };
    const healthy = (name: string, where: object): unknown => [
      {
        ...{ counter: `some/healthy/${name}`, line: `some/healthy/${name}`, operation: 'isolate', cap: 20 },
        ...{ until: 'returned', outOfService: { cluster: 'a', where, who: 'everybody' } },
      },
    ];
    for (const kind of ['cluster', 'faultType', 'reporter', 'owner', 'node'] as const)
      expect([kind, askedOf({ kind })]).toEqual([kind, kind === 'reporter' ? [] : healthy('a', {})]);
    expect(askedOf({ kind: 'pool' })).toEqual(healthy('a/p', { pools: ['p'] }));
    expect(askedOf({ kind: 'cluster' }, true)).toEqual([]);
  });

  it('given many nodes down, when one of them is to be isolated, then repair goes on within the share', () => {
    const down = fleetOf([group], {
      member: memberWith({ unavailable: true }),
    });
    expect(capsFor('isolate', down)).toMatchObject({ 'isolate/in-flight/a/unavailable': 10 });
  });

  it('given an isolation, then its place is held until the return, and its rate never comes back', () => {
    const answer = budgetsFor(requestTo('isolate'), policy, fleetOf([group]));
    const rate = 'isolate/rate/a/2026-01-01T10:00:00.000Z';
    expect(answer).toEqual({
      kind: 'ask',
      budgets: [
        {
          ...{ counter: 'isolate/in-flight/a', operation: 'isolate', cap: 10, until: 'returned' },
          ...{ line: 'isolate/in-flight/a', yieldsTo: 'isolate/in-flight/a/unavailable' },
          outOfService: { cluster: 'a', where: {}, who: 'others' },
        },
        { counter: rate, line: 'isolate/rate/a', operation: 'isolate', cap: 60, until: 'never' },
      ],
      askAgainAt: {
        [rate]: Date.UTC(2026, 0, 1, 10, 1),
        'isolate/in-flight/a': Date.UTC(2026, 0, 1, 10, 0, 30),
      },
    });
  });

  it('given rates, then those are far off whose windows turn later than anybody who waits asks again', () => {
    const rate = (name: string, windowMs: number): Budget =>
      budgetWith({ name, scope: { kind: 'node' }, rate: { count: 3, windowMs } });
    const budgets = [rate('minute', 60_000), rate('day', 86_400_000)];
    const answer = budgetsFor(requestTo('isolate'), { ...policy, budgets }, fleetOf([group]));
    const farOff = answer.kind === 'ask' ? answer.budgets.map(({ line, isFarOff }) => [line, isFarOff]) : [];
    expect(farOff).toEqual([
      ['minute/rate/a/n1', undefined],
      ['day/rate/a/n1', true],
    ]);
  });

  it('given budgets of many scopes, then each counts its own nodes, and all of them are asked', () => {
    const budgets = [
      budgetWith({ name: 'cluster', atOnce: { share: 0.5 } }),
      budgetWith({ name: 'pool', scope: { kind: 'pool' }, atOnce: { share: 0.5 } }),
      budgetWith({ name: 'zone', scope: { kind: 'zone' }, atOnce: { share: 0.5 } }),
      budgetWith({ name: 'rack', scope: { kind: 'label', label: 'rack' }, atOnce: { share: 0.5 } }),
      budgetWith({ name: 'node', scope: { kind: 'node' }, rate: { count: 3, windowMs: 60_000 } }),
      budgetWith({ name: 'type', scope: { kind: 'faultType' }, atOnce: { share: 0.5, count: 7 } }),
      budgetWith({ name: 'who', scope: { kind: 'reporter' }, atOnce: { count: 3 } }),
      budgetWith({ name: 'owner', scope: { kind: 'owner' }, atOnce: { count: 4 } }),
      budgetWith({ name: 'no-label', scope: { kind: 'label', label: 'row' }, atOnce: { count: 1 } }),
      budgetWith({ name: 'power-only', operations: ['power'], atOnce: { count: 1 } }),
    ];
    const groups = [
      { ...group, size: 10 },
      { ...group, size: 20, labels: { rack: 'r2' } },
      { ...group, size: 40, zone: 'z2' },
      { ...group, size: 80, pool: 'p2' },
    ];
    expect(capsFor('isolate', fleetOf(groups), { ...policy, budgets })).toEqual({
      'cluster/in-flight/a': 75,
      'pool/in-flight/a/p': 35,
      'zone/in-flight/a/z': 55,
      'rack/in-flight/a/r1': 65,
      'node/rate/a/n1': 3,
      'type/in-flight/a/DiskFailure': 7,
      'owner/in-flight/a/faultline': 4,
    });
  });

  it.each([
    [{ clusters: ['b'] }],
    [{ pools: ['other'] }],
    [{ zones: ['other'] }],
    [{ labels: { rack: ['r2', 'r3'] } }],
    [{ faultTypes: ['MemoryFailure'] }],
    [{ reporters: ['npd'] }],
    [{ owners: ['anna'] }],
  ])('given a budget that is about %j, then it does not hold for another', (where) => {
    const budgets = [
      budgetWith({ name: 'all', atOnce: { count: 9 } }),
      budgetWith({ name: 'some', where, atOnce: { count: 1 } }),
    ];
    expect(capsFor('isolate', fleetOf([group]), { ...policy, budgets })).toEqual({ 'all/in-flight/a': 9 });
  });

  it('given a budget that is about this node, this fault and whoever asks, then it holds', () => {
    const where = {
      ...{ clusters: ['a'], pools: ['p'], zones: ['z'], labels: { rack: ['r1'] } },
      ...{ faultTypes: ['DiskFailure'], reporters: ['npd'], owners: ['faultline'] },
    };
    const budgets = [budgetWith({ where, atOnce: { count: 1 } })];
    const request = requestTo('isolate', { reporter: 'npd' });
    expect(budgetsFor(request, { ...policy, budgets }, fleetOf([group]))).toMatchObject({
      kind: 'ask',
      budgets: [{ counter: 'some/in-flight/a', cap: 1 }],
    });
  });

  it('given quiet hours of one of its budgets, then it waits for the last of them to be over, asks every five minutes, and is told whose', () => {
    const hours = { days: [1, 2, 3, 4, 5, 6, 7], from: 9 * 60, timeZone: 'UTC' };
    const budgets = [
      budgetWith({ name: 'short', quietHours: [{ ...hours, to: 11 * 60 }] }),
      budgetWith({ name: 'long', quietHours: [{ ...hours, to: 18 * 60 }] }),
    ];
    const answerAt = (now: number): unknown =>
      budgetsFor(requestTo('isolate'), { ...policy, budgets }, { ...fleetOf([group]), now });
    const over = Date.UTC(2026, 0, 1, 18);
    expect(answerAt(over - 60_000)).toEqual({ kind: 'wait', reason: 'QuietHours: long', until: over });
    expect(answerAt(over - 3_601_000)).toMatchObject({ until: over - 3_600_000 });
    expect(answerAt(over - 3_600_000)).toMatchObject({ until: over - 3_300_000 });
  });
});
