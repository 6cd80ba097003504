import { describe, expect, it } from 'vitest';

import type { FleetPicture } from '../../../adapters/ports/journal.js';
import type { Breaker } from '../../../services/guard/breakers.js';
import type { Budget } from '../../../services/guard/policy.js';
import { unknownPlaces } from '../../../services/guard/unknown-places.js';
import { budgetWith, now } from './asked.js';

const group = { size: 4 };
const picture: FleetPicture = {
  cluster: 'a',
  observedAt: now,
  groups: [
    { ...group, pool: 'gpu', zone: 'z1', labels: { rack: 'r1' } },
    { ...group, pool: 'cpu', zone: 'z2', labels: {} },
  ],
};
const empty: FleetPicture = { cluster: 'b', observedAt: now, groups: [] };

function places(
  rules: {
    readonly budget?: Partial<Budget>;
    readonly breaker?: Partial<Breaker>;
    readonly metric?: Pick<Budget, 'where'>;
  },
  pictures: readonly FleetPicture[] = [picture],
  clusters = ['a'],
): readonly string[] {
  const breaker = {
    name: 'many',
    scope: { kind: 'cluster' },
    where: {},
    nodes: 2,
    share: 0,
    withinMs: 1,
  } as const;
  const found = unknownPlaces(
    {
      budgets: rules.budget === undefined ? [] : [budgetWith({ atOnce: { share: 0.5 }, ...rules.budget })],
      breakers: rules.breaker === undefined ? [] : [{ ...breaker, ...rules.breaker }],
      metrics: rules.metric === undefined ? [] : [{ name: 'starts', ...rules.metric }],
    },
    { clusters, labels: ['rack'], pictures: new Map(pictures.map((one) => [one.cluster, one])) },
  );
  return found.map(({ kind, name, path, reason }) => `${kind} ${name} ${path.join('.')}: ${reason}`);
}

describe('given an inventory and a policy that names places', () => {
  it.each([
    ['a pool without nodes', { where: { pools: ['gpu', 'gpus'] } }, 'where.pools.1: no node'],
    ['a zone without nodes', { where: { zones: ['z3'] } }, 'where.zones.0: no node'],
    ['a value that no node has', { where: { labels: { rack: ['r9'] } } }, 'where.labels.rack.0: no node'],
    ['places that no node is in both of', { where: { pools: ['gpu'], zones: ['z2'] } }, 'where: no node'],
    [
      'more that have to stay than there are',
      { scope: { kind: 'pool' }, minimumHealthy: { count: 4 } } as const,
      'minimumHealthy.count: no node could ever be taken out: at most 4 are counted together',
    ],
  ])('with %s, then that is told with its place', (_what, budget, expected) => {
    const told = places({ budget });
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`budgets some ${expected}`);
  });

  it('with a breaker for a pool that there is not, then that is told as well', () => {
    expect(places({ breaker: { where: { pools: ['gpus'] } } })).toEqual([
      'breakers many where.pools.0: no node of the inventory has pool gpus',
    ]);
  });

  it('with a metric of a pool that there is not, which held back nothing, then that is told as well', () => {
    expect(places({ metric: { where: { pools: ['gpus'] } } })).toEqual([
      'metrics starts where.pools.0: no node of the inventory has pool gpus',
    ]);
    expect(places({ metric: { where: { pools: ['gpu'] } } })).toEqual([]);
  });

  it('without any cluster, then nothing is unknown (each policy was refused, at budgets[-1])', () => {
    expect(places({ budget: {} }, [], [])).toEqual([]);
  });

  it('with a label that nobody has, then a budget by it limits nothing', () => {
    const unlabelled = { ...picture, groups: picture.groups.map((one) => ({ ...one, labels: {} })) };
    expect(places({ budget: { scope: { kind: 'label', label: 'rack' } } }, [unlabelled])).toEqual([
      'budgets some scope: no node of the inventory has the label rack',
    ]);
  });

  it.each([
    ['all of it there', { where: { pools: ['gpu'], labels: { rack: ['r1'] } } }, [picture], ['a']],
    ['a label that is only kept from now on', { where: { labels: { power: ['p1'] } } }, [picture], ['a']],
    [
      'room for one more than have to stay',
      { scope: { kind: 'pool' }, minimumHealthy: { count: 3 } },
      [picture],
      ['a'],
    ],
    ['another cluster that nobody has looked at', { where: { pools: ['gpus'] } }, [picture], ['a', 'b']],
    ['another cluster that has no nodes yet', { where: { pools: ['gpus'] } }, [picture, empty], ['a', 'b']],
  ] as const)('with %s, then nothing is told', (_what, budget, pictures, clusters) => {
    expect(places({ budget }, pictures, [...clusters])).toEqual([]);
  });
});
