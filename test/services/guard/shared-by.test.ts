import { describe, expect, it } from 'vitest';
import { sharedBy } from '../../../services/guard/shared-by.js';
import { caseOf, now } from './asked.js';

/** A hundred nodes in racks of ten, all in one pool; racks 0 to 2 hang at one power domain. */
const picture = {
  ...{ cluster: 'a', observedAt: now },
  groups: Array.from({ length: 10 }, (_, rack) => ({
    ...{ pool: 'p', zone: 'z', labels: { rack: `r${rack}`, power: rack < 3 ? 'p0' : 'p1' } },
    ...{ size: 10 },
  })),
};

function failing(numbers: readonly number[], more: Parameters<typeof caseOf>[1] = {}) {
  return numbers.map((number) => {
    const rack = Math.floor(number / 10);
    return caseOf(`n${number}`, { labels: { rack: `r${rack}`, power: rack < 3 ? 'p0' : 'p1' }, ...more });
  });
}

describe('what the nodes of an incident share', () => {
  it('given nodes of one power domain, then it is told with how many nodes that has; a pool of all nodes is not', () => {
    expect(sharedBy(failing([0, 5, 11, 12, 25]), { kind: 'cluster' }, picture)).toEqual([
      'power=p0 (5 of 5; 30 nodes have it)',
      'faultType=DiskFailure (5 of 5)',
      'reporter=npd (5 of 5)',
    ]);
  });

  it('given four of five, then it is told; given three, it is not', () => {
    const most = sharedBy(failing([0, 5, 11, 12, 95]), { kind: 'cluster' }, picture);
    expect(most).toContain('power=p0 (4 of 5; 30 nodes have it)');
    const few = sharedBy(failing([0, 5, 11, 94, 95]), { kind: 'cluster' }, picture);
    expect(few.join()).not.toContain('power');
  });

  it('given a node with several faults, then it counts once', () => {
    const cases = [...failing([0, 1, 1, 1, 1]), ...failing([50, 60])];
    expect(sharedBy(cases, { kind: 'cluster' }, picture).join()).not.toContain('power');
  });

  it('given that they were counted by it, then it is not told again', () => {
    const cases = failing([0, 1, 2]);
    expect(sharedBy(cases, { kind: 'label', label: 'rack' }, picture).join()).not.toContain('rack=');
    expect(sharedBy(cases, { kind: 'reporter' }, picture).join()).not.toContain('reporter=');
  });

  it('given no picture of the fleet, then only what is none of nodes is told', () => {
    expect(sharedBy(failing([0, 1]), { kind: 'cluster' }, undefined)).toEqual([
      'faultType=DiskFailure (2 of 2)',
      'reporter=npd (2 of 2)',
    ]);
  });
});
