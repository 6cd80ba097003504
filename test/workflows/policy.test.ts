import { describe, expect, it } from 'vitest';

import type { NodeKey } from '../../domain/identifiers.js';
import { mayActIn, modeOf, modeOfNode, poolWithholds, type Policy } from '../../workflows/policy.js';
import { activePolicy } from '../services/maintenance/decide/decided-node.js';

type Said = '-' | 'observe' | 'active';

/** Cluster, pool and fault type say so: the mode under a default of observe, and under one of active. */
const rule: readonly (readonly [Said, Said, Said, string, string])[] = [
  ['-', '-', '-', 'observe', 'active'],
  ['-', '-', 'active', 'active', 'active'],
  ['-', '-', 'observe', 'observe', 'observe'],
  ['-', 'active', '-', 'active', 'active'],
  ['-', 'active', 'active', 'active', 'active'],
  ['-', 'active', 'observe', 'observe', 'observe'],
  ['-', 'observe', '-', 'observe', 'observe'],
  ['-', 'observe', 'active', 'observe', 'observe'],
  ['-', 'observe', 'observe', 'observe', 'observe'],
  ['active', '-', '-', 'active', 'active'],
  ['active', '-', 'active', 'active', 'active'],
  ['active', '-', 'observe', 'observe', 'observe'],
  ['active', 'active', '-', 'active', 'active'],
  ['active', 'active', 'active', 'active', 'active'],
  ['active', 'active', 'observe', 'observe', 'observe'],
  ['active', 'observe', '-', 'observe', 'observe'],
  ['active', 'observe', 'active', 'observe', 'observe'],
  ['active', 'observe', 'observe', 'observe', 'observe'],
  ['observe', '-', '-', 'observe', 'observe'],
  ['observe', '-', 'active', 'observe', 'observe'],
  ['observe', '-', 'observe', 'observe', 'observe'],
  ['observe', 'active', '-', 'observe', 'observe'],
  ['observe', 'active', 'active', 'observe', 'observe'],
  ['observe', 'active', 'observe', 'observe', 'observe'],
  ['observe', 'observe', '-', 'observe', 'observe'],
  ['observe', 'observe', 'active', 'observe', 'observe'],
  ['observe', 'observe', 'observe', 'observe', 'observe'],
];

const node = 'a/n1' as NodeKey;
const pool = 'gpu';
const faultType = 'KernelDeadlock';

function policySaying(mode: Partial<Policy['mode']>): Policy {
  const silent = { byDefault: 'observe', byCluster: {}, byPool: {}, byFaultType: {} } as const;
  return { ...activePolicy, mode: { ...silent, ...mode } };
}

function saying(name: string, word: Said): Readonly<Record<string, 'observe' | 'active'>> {
  return word === '-' ? {} : { [name]: word };
}

describe('the mode for a fault on a node', () => {
  it.each(rule)(
    'given cluster %s, pool %s and fault type %s, then it is %s under a default of observe, and %s under active',
    (cluster, ofPool, ofType, underObserve, underActive) => {
      const words = {
        byCluster: saying('a', cluster),
        byPool: saying(pool, ofPool),
        byFaultType: saying(faultType, ofType),
      };
      const mode = (byDefault: 'observe' | 'active') =>
        modeOf(policySaying({ ...words, byDefault }), { node, pool }, faultType);
      expect([mode('observe'), mode('active')]).toEqual([underObserve, underActive]);
    },
  );

  it('given what is said is of other clusters, pools and fault types, then the default holds', () => {
    const others = policySaying({
      byCluster: { b: 'active' },
      byPool: { web: 'active' },
      byFaultType: { DiskFailure: 'active' },
    });
    expect(modeOf(others, { node, pool }, faultType)).toBe('observe');
  });

  it('given the pool is not known yet, then its active lifts nothing', () => {
    expect(modeOf(policySaying({ byPool: { gpu: 'active' } }), { node }, faultType)).toBe('observe');
  });

  it('given a pool whose name every object knows, then nothing is said of it', () => {
    expect(modeOf(policySaying({}), { node, pool: 'constructor' }, faultType)).toBe('observe');
  });

  it('given a pool is called undefined, then it is not the one that is not known yet', () => {
    expect(modeOf(policySaying({ byPool: { undefined: 'active' } }), { node }, faultType)).toBe('observe');
  });
});

describe('the mode of a node without a fault', () => {
  it.each([
    ['nothing is said', {}, 'observe'],
    ['only a fault type is active', { byFaultType: { KernelDeadlock: 'active' } }, 'observe'],
    ['its pool is active', { byPool: { gpu: 'active' } }, 'active'],
    ['its cluster is active', { byCluster: { a: 'active' } }, 'active'],
    ['its pool is in observe', { byCluster: { a: 'active' }, byPool: { gpu: 'observe' } }, 'observe'],
  ] as const)('given %s, then it follows', (_what, said, mode) => {
    expect(modeOfNode(policySaying(said), node, pool)).toBe(mode);
  });
});

describe('whether anything may be done in a cluster', () => {
  it.each([
    ['nothing is said', {}, false],
    ['the default is active', { byDefault: 'active' }, true],
    ['a pool is active', { byPool: { gpu: 'active' } }, true],
    ['a fault type is active', { byFaultType: { DiskFailure: 'active' } }, true],
    ['the cluster says observe', { byCluster: { a: 'observe' }, byPool: { gpu: 'active' } }, false],
    ['the cluster says active', { byCluster: { a: 'active' } }, true],
    ['another cluster says active', { byCluster: { b: 'active' } }, false],
  ] as const)('given %s', (_what, said, may) => {
    expect(mayActIn(policySaying(said), 'a')).toBe(may);
  });
});

describe('whether a pool withholds what its process was allowed to do', () => {
  it.each([
    ['nothing is said of it', pool, {}, false],
    ['it is in observe', pool, { gpu: 'observe' }, true],
    ['it is active', pool, { gpu: 'active' }, false],
    ['another one is in observe', pool, { web: 'observe' }, false],
    ['it is not known yet, and one is called undefined', undefined, { undefined: 'observe' }, false],
  ] as const)('given %s', (_what, ofNode, byPool, withholds) => {
    expect(poolWithholds(policySaying({ byPool }), ofNode)).toBe(withholds);
  });
});
