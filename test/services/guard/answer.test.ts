import { describe, expect, it } from 'vitest';
import { operations } from '../../../domain/command.js';
import type { NodeKey, PauseId } from '../../../domain/identifiers.js';
import type { Pause } from '../../../domain/pause.js';
import type { PermitRequest } from '../../../domain/permit-request.js';
import { answerTo, type GuardKnows } from '../../../services/guard/answer.js';
import { noMetrics } from '../../../services/guard/metrics/hold-by-metrics.js';
import type { GuardPolicy } from '../../../services/guard/policy.js';
import { budgetWith, memberWith, node, now, requestTo } from './asked.js';

const policy: GuardPolicy = {
  business: noMetrics,
  inventoryMaximumAgeMs: 15 * 60_000,
  askAgainMs: 15_000,
  budgets: [budgetWith({ operations: [...operations], atOnce: { count: 3 } })],
};
const picture = {
  cluster: 'a',
  observedAt: now,
  groups: [{ pool: 'p', zone: 'z', labels: { rack: 'r1' }, size: 100 }],
};

function pauseOf(more: Partial<Pause> = {}): Pause {
  return {
    ...{ id: 'z-1' as PauseId, key: 'z-1', where: {} },
    begun: { by: 'anna', reason: 'the network is being changed', at: now - 1 },
    ...more,
  };
}

/** Of seven nodes of the rack. */
function incidentOf(...names: readonly string[]): Partial<Pause> {
  return {
    incident: {
      ...{ shared: [], breaker: 'racks', common: 'rack r1 of cluster a', count: 7 },
      nodes: names.map((name) => `a/${name}` as NodeKey),
      ...{ faultTypes: ['DiskFailure'], since: now - 9, latestAt: now },
    },
  };
}
const others = ['n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8'];

function ask(
  more: Partial<GuardKnows>,
  operation: PermitRequest['operation'] = 'isolate',
  owner = 'faultline',
) {
  const request = requestTo(operation, { reporter: 'npd', owner });
  return answerTo(request, policy, { picture, member: memberWith(), pauses: [], verdicts: [], now, ...more });
}

describe('the change guard', () => {
  it('given no inventory or an old one, when a risky operation is asked for, then it waits', () => {
    const old = { ...picture, observedAt: now - policy.inventoryMaximumAgeMs - 1 };
    for (const stale of [undefined, old]) {
      const answer = ask({ picture: stale });
      expect(answer).toMatchObject({ kind: 'wait', reason: 'NoFreshInventory' });
      expect(answer.kind === 'wait' && answer.until > now).toBe(true);
    }
  });

  it('given a node that is in no inventory, then it waits', () => {
    expect(ask({ member: undefined })).toMatchObject({ kind: 'wait', reason: 'NodeNotInInventory' });
  });

  it('given a pause of everything, then it waits, is told whose and why, and is asked again on the grid', () => {
    expect(ask({ pauses: [pauseOf()] })).toEqual({
      kind: 'wait',
      reason: 'Paused: z-1 (the network is being changed)',
      until: Date.UTC(2026, 0, 1, 10, 0, 30),
    });
  });

  it('given a pause that ends sooner, then it is asked again at its end, and one that is over holds nobody', () => {
    expect(ask({ pauses: [pauseOf({ until: now + 5 })] })).toMatchObject({ kind: 'wait', until: now + 5 });
    expect(ask({ pauses: [pauseOf({ until: now })] })).toMatchObject({ kind: 'ask' });
  });

  it.each([
    [{ clusters: ['a'] }, { clusters: ['b'] }],
    [{ pools: ['p'] }, { pools: ['other'] }],
    [{ zones: ['z'] }, { zones: ['other'] }],
    [{ labels: { rack: ['r1'] } }, { labels: { rack: ['r2'] } }],
    [{ nodes: [node] }, { nodes: [] }],
    [{ faultTypes: ['DiskFailure'] }, { faultTypes: ['MemoryFailure'] }],
    [{ reporters: ['npd'] }, { reporters: ['detector'] }],
  ])('given a pause, then it holds where it is about %j, and not about %j', (here, elsewhere) => {
    expect(ask({ pauses: [pauseOf({ where: here })] }).kind).toBe('wait');
    expect(ask({ pauses: [pauseOf({ where: elsewhere })] }).kind).toBe('ask');
  });

  it('given a freeze of our own commands, as for a rollout, then they wait there, and changes of others go on', () => {
    const pauses = [pauseOf({ where: { pools: ['p'], owners: ['faultline'] } })];
    expect(ask({ pauses }, 'isolate').kind).toBe('wait');
    expect(ask({ pauses }, 'release', 'deployer').kind).toBe('ask');
    expect(ask({ pauses, member: memberWith({ pool: 'q' }) }, 'isolate').kind).toBe('ask');
  });

  it('given a pause of one operation, then others go on', () => {
    const pauses = [pauseOf({ operations: ['power'] })];
    expect(ask({ pauses }, 'power').kind).toBe('wait');
    expect(ask({ pauses }, 'isolate').kind).toBe('ask');
  });

  it('given an incident, then what waits says which', () => {
    expect(ask({ pauses: [pauseOf(incidentOf('n1'))] })).toMatchObject({
      reason: 'Paused: z-1 (racks, rack r1 of cluster a)',
    });
  });

  it.each(['restart-component', 'power', 'reimage'] as const)(
    'given an incident of other nodes, then %s of one that was isolated before goes on: it was left half repaired until a person answered',
    (operation) => {
      expect(ask({ pauses: [pauseOf(incidentOf(...others))] }, operation).kind).toBe('ask');
    },
  );

  it.each(['isolate', 'migrate', 'delete-pods', 'delete-node', 'release'] as const)(
    'given an incident of other nodes, then %s waits there: that is new harm',
    (operation) => {
      expect(ask({ pauses: [pauseOf(incidentOf(...others))] }, operation).kind).toBe('wait');
    },
  );

  it.each([
    ['an incident of the node itself', incidentOf('n1', ...others.slice(1)), 'faultline'],
    ['an incident of more nodes than it keeps', incidentOf('n2'), 'faultline'],
    ['a change of somebody else', incidentOf(...others), 'deployer'],
    ['a freeze', {}, 'faultline'],
  ] as const)('given %s, then its reimage waits: no hundred reimages before an answer', (_, pause, owner) => {
    expect(ask({ pauses: [pauseOf(pause)] }, 'reimage', owner).kind).toBe('wait');
  });
});
