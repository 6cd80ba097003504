import { describe, expect, it } from 'vitest';
import type { FleetPicture } from '../../../adapters/ports/journal.js';
import {
  tripped,
  type Breaker,
  type BreakersKnow,
  type PlacedCase,
  type Trip,
} from '../../../services/guard/breakers.js';
import { caseOf, now } from './asked.js';

const minuteMs = 60_000;
const breaker: Breaker = {
  ...{ name: 'many', scope: { kind: 'cluster' }, where: {} },
  ...{ nodes: 3, share: 0.1, withinMs: 10 * minuteMs },
};

function inRack(rack: string, count: number): readonly PlacedCase[] {
  return Array.from({ length: count }, (_, index) => caseOf(`${rack}-${index}`, { labels: { rack } }));
}

function trips(
  cases: readonly PlacedCase[],
  more: Partial<Pick<BreakersKnow, 'answered' | 'uncountedFromMs'>> & {
    readonly breakers?: readonly Breaker[];
  } = {},
): readonly Trip[] {
  const groups = ['r1', 'r2'].map((rack) => ({
    ...{ pool: 'p', zone: 'z', labels: { rack }, size: 10 },
  }));
  const pictures = new Map<string, FleetPicture>([['a', { cluster: 'a', observedAt: now, groups }]]);
  const { breakers = [breaker], answered = [], ...rest } = more;
  return tripped(breakers, { cases, pictures, answered, now, ...rest });
}

describe('a breaker', () => {
  it('given fewer nodes than its limit, however many faults they have, then it does not trip', () => {
    expect(trips([caseOf('n1'), caseOf('n2'), caseOf('n2', { faultType: 'CpuFailure' })])).toEqual([]);
  });

  it('given as many nodes with new faults, then it trips once, and tells which they are and since when', () => {
    const cases = [
      caseOf('n1', { at: now - 5 * minuteMs }),
      caseOf('n2', { faultType: 'CpuFailure', at: now - minuteMs }),
      caseOf('n3', { at: now - 2 * minuteMs }),
    ];
    expect(trips(cases)).toMatchObject([
      {
        key: 'many/a',
        where: { clusters: ['a'] },
        incident: {
          ...{ breaker: 'many', common: 'cluster a', nodes: ['a/n1', 'a/n2', 'a/n3'], count: 3 },
          ...{
            faultTypes: ['CpuFailure', 'DiskFailure'],
            since: now - 5 * minuteMs,
            latestAt: now - minuteMs,
          },
        },
      },
    ]);
  });

  it('given faults older than its window, or answered as part of whatever incident, then they do not count', () => {
    const cases = [caseOf('n1'), caseOf('n2'), caseOf('n3', { at: now - 10 * minuteMs - 1 })];
    expect(trips(cases)).toEqual([]);
    const fresh = [caseOf('n1'), caseOf('n2'), caseOf('n3')];
    expect(trips(fresh, { answered: [{ where: { clusters: ['a'] }, at: now }] })).toEqual([]);
    expect(trips(fresh, { answered: [{ where: { clusters: ['a'] }, at: now - 1 }] })).toHaveLength(1);
    expect(trips(fresh, { answered: [{ where: { labels: { rack: ['r9'] } }, at: now }] })).toHaveLength(1);
  });

  it('given a share as well, then both limits have to be reached', () => {
    const half = { ...breaker, share: 0.5 };
    expect(trips([...inRack('r1', 9)], { breakers: [half] })).toEqual([]);
    expect(trips([...inRack('r1', 10)], { breakers: [half] })).toHaveLength(1);
  });

  it('given more faults in its window than can be counted, then its share counts as reached (of 100,000 nodes a quarter never was)', () => {
    const half = { ...breaker, share: 0.5 };
    const uncounted = (uncountedFromMs: number, count = 3) =>
      trips(inRack('r1', count), { breakers: [half], uncountedFromMs });
    expect(uncounted(half.withinMs)).toHaveLength(1);
    expect(uncounted(half.withinMs, 2)).toEqual([]);
    expect(uncounted(half.withinMs + 1)).toEqual([]);
  });

  it('given nodes of one rack, then it is that rack that is paused, and its share is of that rack', () => {
    const racks: Breaker = { ...breaker, name: 'racks', scope: { kind: 'label', label: 'rack' }, share: 0.3 };
    const found = trips([...inRack('r1', 3), ...inRack('r2', 2)], { breakers: [racks] });
    expect(found).toMatchObject([
      {
        key: 'racks/a/r1',
        where: { clusters: ['a'], labels: { rack: ['r1'] } },
        incident: { common: 'rack r1 of cluster a', count: 3 },
      },
    ]);
  });

  it.each([
    [{ kind: 'pool' } as const, { clusters: ['a'], pools: ['p'] }],
    [{ kind: 'zone' } as const, { clusters: ['a'], zones: ['z'] }],
    [{ kind: 'faultType' } as const, { clusters: ['a'], faultTypes: ['DiskFailure'] }],
    [{ kind: 'reporter' } as const, { clusters: ['a'], reporters: ['npd'] }],
  ])('of %j pauses what they have in common', (scope, where) => {
    const cases = ['n1', 'n2', 'n3'].map((name) => caseOf(name));
    expect(trips(cases, { breakers: [{ ...breaker, scope }] })).toMatchObject([{ where }]);
  });

  it('that is about some faults only counts those, and pauses those', () => {
    const where = { faultTypes: ['DiskFailure'] };
    const cases = ['n1', 'n2', 'n3'].map((name) => caseOf(name));
    const others = cases.map((one) => ({ ...one, faultType: 'CpuFailure' }));
    expect(trips(others, { breakers: [{ ...breaker, where }] })).toEqual([]);
    expect(trips(cases, { breakers: [{ ...breaker, where }] })).toMatchObject([
      { where: { clusters: ['a'], faultTypes: ['DiskFailure'] } },
    ]);
  });
});
