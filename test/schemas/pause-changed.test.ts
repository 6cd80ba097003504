import { expect, it } from 'vitest';
import type { ChangeId, NodeKey, PauseId } from '../../domain/identifiers.js';
import type { Incident, Pause, ToldPause } from '../../domain/pause.js';
import { decodeEvent, encodeEvent } from '../../schemas/codec.js';
import { pauseToEvent, type PauseChangedPayload } from '../../schemas/events/pause-changed.js';

const nodes = ['a/n1', 'a/n2'] as NodeKey[];
const incident: Incident = {
  ...{ breaker: 'rack', common: 'rack r1 of cluster a', shared: ['power=p1 (2 of 2)'], nodes, count: 2 },
  ...{ faultTypes: ['DiskFailure'], since: 100, latestAt: 300 },
};
const pauseOf = (more: Partial<Pause> = {}): Pause => ({
  ...{ id: 'z-1' as PauseId, key: 'k', where: { clusters: ['a'], labels: { rack: ['r1'] } } },
  begun: { by: 'breaker rack', reason: '2 nodes with new faults', at: 200 },
  ...more,
});
const told = (change: ToldPause): PauseChangedPayload => {
  const body = encodeEvent('PauseChanged', pauseToEvent(change));
  return JSON.parse(JSON.stringify(decodeEvent('PauseChanged', body))) as PauseChangedPayload;
};

it.each<[string, ToldPause, Partial<PauseChangedPayload>]>([
  [
    'that a breaker began',
    { change: 'began', pause: pauseOf({ incident }) },
    {
      ...{
        kind: 'INCIDENT',
        change: 'BEGAN',
        end: 'NONE',
        by: 'breaker rack',
        at: 200,
        clusters: ['a'],
        pools: null,
      },
      ...{ labels: { rack: ['r1'] }, incident: { ...incident, nodes }, regression: null, changeId: null },
    },
  ],
  [
    'that grew, at the time of its latest fault',
    { change: 'grew', pause: pauseOf({ incident: { ...incident, count: 1_200 } }) },
    { change: 'GREW', by: 'breaker rack', at: 300, end: 'NONE' },
  ],
  [
    'that a person denied, with who did',
    {
      change: 'denied',
      pause: pauseOf({ incident: { ...incident, denied: { by: 'anna', reason: 'a bad rule', at: 400 } } }),
    },
    { change: 'DENIED', by: 'anna', reason: 'a bad rule', at: 400, end: 'NONE' },
  ],
  [
    'that ended, with how',
    {
      change: 'ended',
      pause: pauseOf({ incident: { ...incident, denied: { by: 'anna', reason: 'a bad rule', at: 400 } } }),
      ended: { how: 'thawed', by: 'bert', reason: 'the rule is gone', at: 500 },
    },
    { change: 'ENDED', by: 'bert', reason: 'the rule is gone', at: 500, end: 'THAWED' },
  ],
  [
    'of a metric, with the numbers that were seen',
    {
      change: 'began',
      pause: pauseOf({
        regression: {
          ...{ since: 1, nodes, count: 2, changes: ['c-1' as ChangeId] },
          verdict: {
            metric: 'starts',
            says: 'bad',
            at: 5,
            since: 5,
            value: 0.5,
            bound: 0.9,
            reason: '50 % of 90 %',
          },
        },
      }),
    },
    {
      kind: 'REGRESSION',
      regression: {
        ...{
          metric: 'starts',
          verdict: '50 % of 90 %',
          value: 0.5,
          baseline: null,
          bound: 0.9,
          nodes,
          count: 2,
        },
      },
    },
  ],
  [
    'for a rollout',
    {
      change: 'began',
      pause: pauseOf({ rollout: { change: 'c-7' as ChangeId, owner: 'deployer' }, until: 900 }),
    },
    { kind: 'ROLLOUT', changeId: 'c-7', until: 900 },
  ],
  [
    'of everything, by a person',
    { change: 'began', pause: pauseOf({ where: {}, operations: ['power'] }) },
    { kind: 'FREEZE', clusters: null, labels: null, nodes: null, operations: ['power'] },
  ],
])('a pause %s is told so', (_, change, said) => {
  expect(told(change)).toMatchObject(said);
});
