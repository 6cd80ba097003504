import { describe, expect, it } from 'vitest';
import type { FleetMember } from '../../../adapters/ports/journal.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { createNodeLook, healthIn } from '../../../services/guard/look-at-node.js';
import { memberWith, node, now } from './asked.js';

type State = NonNullable<Parameters<typeof healthIn>[0]['state']>;

const well = memberWith();
const down = memberWith({ unavailable: true });
const clean: State = { faults: {} };
const faulty: State = { faults: { DiskFailure: {} } };
const parked: State = { ...clean, parked: { kind: 'failed' } };
/** By a copy that does not know its workflow yet. */
const waiting: State = { ...clean, parked: { kind: 'unknown-workflow' } };

describe('how a node is', () => {
  it.each([
    ['well, though nothing was ever reported of it', { member: well, state: undefined }, 'healthy', []],
    ['well, with all its faults cleared', { member: well, state: clean }, 'healthy', []],
    ['out of service', { member: down, state: clean }, 'unhealthy', ['Unavailable']],
    ['ill by a fault that is open', { member: well, state: faulty }, 'unhealthy', ['DiskFailure']],
    [
      'out of service by a fault',
      { member: down, state: faulty },
      'unhealthy',
      ['Unavailable', 'DiskFailure'],
    ],
    ['well, and waits for a release', { member: well, state: waiting }, 'healthy', []],
    ['parked', { member: well, state: parked }, 'unhealthy', ['Parked']],
    ['not known: it is in no inventory', { member: undefined, state: clean }, 'unknown', []],
    ['not known: nobody has looked lately', { member: down, state: clean, isFresh: false }, 'unknown', []],
    [
      'ill by a fault, whether or not it was looked at lately',
      { member: well, state: faulty, isFresh: false },
      'unhealthy',
      ['DiskFailure'],
    ],
  ] as const)('is %s', (_what, known, health, conditions) => {
    expect(healthIn({ isFresh: true, ...known })).toEqual({ health, conditions });
  });
});

describe('a look at a node', () => {
  const lookWith = (observedAt: number | undefined, member: FleetMember | undefined) =>
    createNodeLook({
      inventory: {
        picture: (cluster) =>
          Promise.resolve(observedAt === undefined ? undefined : { cluster, observedAt, groups: [] }),
        member: (of: NodeKey) => Promise.resolve(of === node ? member : undefined),
      },
      history: { state: () => Promise.resolve(undefined) },
      policy: () => ({ inventoryMaximumAgeMs: 60_000 }),
      clock: { now: () => now },
    })(node);

  it('says when it was', async () => {
    expect(await lookWith(now, well)).toEqual({ health: 'healthy', conditions: [], at: now });
  });

  it.each([
    ['never observed', undefined],
    ['observed too long ago', now - 60_001],
  ])('given a cluster that was %s, then nothing is known of its nodes', async (_what, observedAt) => {
    expect(await lookWith(observedAt, well)).toMatchObject({ health: 'unknown' });
  });
});
