import { describe, expect, it } from 'vitest';
import { operations } from '../../../domain/command.js';
import type { PauseId } from '../../../domain/identifiers.js';
import { holdsBack, pauseOfRollout, type Pause } from '../../../domain/pause.js';
import type { RolloutRequest } from '../../../domain/permit-request.js';
import { answerTo } from '../../../services/guard/answer.js';
import { answerToRollout } from '../../../services/guard/answer-to-rollout.js';
import type { GuardPolicy } from '../../../services/guard/policy.js';
import { rolloutNamed } from '../../contract/journal/rollouts-suite.js';
import { budgetWith, memberWith, node, now, requestTo } from './asked.js';
import { metricWith, standing } from './metrics/metrics.js';

const policy: GuardPolicy = {
  business: { metrics: [metricWith({ where: { pools: ['p'] } })], verdictMaximumAgeMs: 60_000 },
  inventoryMaximumAgeMs: 60_000,
  askAgainMs: 15_000,
  budgets: [budgetWith({ operations: [...operations], atOnce: { count: 3 } })],
};
const good = standing({ at: now, says: 'good' });
const picture = {
  cluster: 'a',
  observedAt: now,
  groups: [
    { pool: 'p', zone: 'z', labels: { rack: 'r1' }, size: 40 },
    { pool: 'p', zone: 'z', labels: { rack: 'r2' }, size: 40 },
    { pool: 'q', zone: 'z', labels: {}, size: 20 },
  ],
};
const racks: RolloutRequest = {
  ...{ operation: 'release', cluster: 'a', owner: 'deployer' },
  scope: { labels: { rack: ['r1', 'r2'] } },
};
const elsewhere: RolloutRequest = { ...racks, scope: { pools: ['q'] } };

type Knows = Parameters<typeof answerToRollout>[2];

function ask(knows: Partial<Knows> = {}, request = racks, by = policy) {
  return answerToRollout(request, by, {
    ...{ picture, singled: [], pauses: [], verdicts: [good], now },
    ...knows,
  });
}

function pauseOf(more: Partial<Pause> = {}): Pause {
  return {
    ...{ id: 'z-1' as PauseId, key: 'z-1', where: {} },
    begun: { by: 'anna', reason: 'switch replaced', at: now - 1 },
    ...more,
  };
}

describe('leave for a rollout', () => {
  it('takes nothing of budgets: each node that it comes to does', () => {
    expect(ask()).toEqual({ kind: 'ask', budgets: [], askAgainAt: {} });
  });

  it('is given by a fresh inventory only, and where there is a node', () => {
    expect(ask({ picture: undefined })).toMatchObject({ reason: 'NoFreshInventory' });
    expect(ask({ now: now + 60_001 })).toMatchObject({ reason: 'NoFreshInventory' });
    expect(ask({}, { ...racks, scope: { pools: ['gup'] } })).toMatchObject({ reason: 'NoNodeInScope' });
  });

  it('waits for a pause of any part of its scope, and for none of elsewhere or of other operations', () => {
    const rack = pauseOf({ where: { clusters: ['a'], labels: { rack: ['r2'] } } });
    expect(ask({ pauses: [rack] })).toMatchObject({ reason: 'Paused: z-1 (switch replaced)' });
    expect(ask({ pauses: [rack] }, elsewhere)).toMatchObject({ kind: 'ask' });
    for (const other of [
      { where: { clusters: ['b'] } },
      { where: { owners: ['faultline'] } },
      { where: { faultTypes: ['DiskFailure'] } },
      { operations: ['isolate'] as const },
      { until: now },
    ])
      expect(ask({ pauses: [pauseOf(other)] })).toMatchObject({ kind: 'ask' });
  });

  it('waits for a freeze of a single node that it would come to', () => {
    const pauses = [pauseOf({ where: { nodes: [node] } })];
    expect(ask({ pauses, singled: [memberWith()] })).toMatchObject({ kind: 'wait' });
    expect(ask({ pauses, singled: [memberWith()] }, elsewhere)).toMatchObject({ kind: 'ask' });
    expect(ask({ pauses, singled: [] })).toMatchObject({ kind: 'ask' });
  });

  it('waits while a business metric of a part is bad, and for quiet hours of releases', () => {
    const bad = standing({ at: now });
    expect(ask({ verdicts: [bad] })).toMatchObject({
      reason: 'Metric: starts (0.5, and should be at least 0.9)',
    });
    expect(ask({ verdicts: [bad] }, elsewhere)).toMatchObject({ kind: 'ask' });
    const quietHours = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1_439, timeZone: 'UTC' }];
    const quiet = budgetWith({ name: 'days', operations: ['release'], quietHours, where: { pools: ['p'] } });
    const quietly = { ...policy, budgets: [...policy.budgets, quiet] };
    expect(ask({}, racks, quietly)).toMatchObject({ kind: 'wait', reason: 'QuietHours: days' });
    expect(ask({}, elsewhere, quietly)).toMatchObject({ kind: 'ask' });
  });
});

describe('a rollout under way', () => {
  const rollout = {
    ...{ cluster: 'a', scope: { labels: { rack: ['r1'] } } },
    pauses: ['isolate', 'reimage', 'release'] as const,
  };
  const pause = pauseOfRollout(rolloutNamed('1', { rollout }), now);
  const pauses = pause === undefined ? [] : [pause];
  const answer = (operation: Parameters<typeof requestTo>[0], owner = 'faultline', rack = 'r1') =>
    answerTo(requestTo(operation, { owner }), policy, {
      ...{ picture, member: memberWith({ labels: { rack } }), pauses, verdicts: [good], now },
    });

  it('holds back what it is to hold back there, with its cause, and lets all else go on', () => {
    expect(answer('isolate')).toMatchObject({
      reason: 'Paused: z-1 (a rollout is under way there: new kernel)',
    });
    expect(answer('reimage', 'scaler')).toMatchObject({ kind: 'wait' });
    expect(answer('power')).toMatchObject({ kind: 'ask' });
    expect(answer('isolate', 'faultline', 'r2')).toMatchObject({ kind: 'ask' });
  });

  it('holds back a repair of a node that was out before, unlike an incident: it may be in the middle of what is rolled out', () => {
    expect(pauses.map((one) => holdsBack(one, requestTo('reimage'), memberWith()))).toEqual([true]);
  });

  it('is not in its own way, and in that of another rollout', () => {
    expect(answer('isolate', 'deployer')).toMatchObject({ kind: 'ask' });
    expect(ask({ pauses })).toMatchObject({ kind: 'ask' });
    expect(ask({ pauses }, { ...racks, owner: 'other' })).toMatchObject({ kind: 'wait' });
  });

  it('is no pause when the policy says so', () => {
    const change = rolloutNamed('1', { rollout: { ...rollout, pauses: [] } });
    expect(pauseOfRollout(change, now)).toBeUndefined();
  });
});
