import { describe, expect, it } from 'vitest';
import type { PauseId } from '../../../domain/identifiers.js';
import type { Pause } from '../../../domain/pause.js';
import type { Trip } from '../../../services/guard/breakers.js';
import { correlate, type Step } from '../../../services/guard/correlate.js';
import { caseOf } from './asked.js';

const minuteMs = 60_000;

/** Nodes `first` to `last`, each in a rack of ten and a power domain of fifty. */
function trip(key: string, where: Trip['where'], first: number, last: number, latestAt = 1): Trip {
  const cases = Array.from({ length: last - first + 1 }, (_, index) => {
    const number = first + index;
    const labels = { rack: `r${Math.floor(number / 10)}`, power: `p${Math.floor(number / 50)}` };
    return caseOf(`n${number}`, { labels });
  });
  const nodes = cases.map(({ node }) => node);
  const incident = {
    ...{ breaker: key, common: key, shared: [], nodes, count: nodes.length },
    ...{ faultTypes: ['DiskFailure'], since: 0, latestAt },
  };
  return { key, where, incident, cases };
}

const rack = (number: number) => ({ labels: { rack: [`r${number}`] } });
const power = { labels: { power: ['p0'] } };

function inForce({ key, where, incident }: Trip, denied = false): Pause {
  const verdict = { by: 'anna', reason: 'r', at: 0 };
  return {
    ...{ id: `z-${key}` as PauseId, key, where, begun: verdict },
    incident: { ...incident, ...(denied ? { denied: verdict } : {}) },
  };
}

function told(steps: readonly Step[]): readonly string[] {
  return steps.map((step) =>
    step.kind === 'begin' ? `begin ${step.trip.key}` : `${step.kind} ${step.pause.key}`,
  );
}

describe('what fails together', () => {
  it('given one breaker that trips, then it is an incident', () => {
    expect(told(correlate([trip('rack', rack(0), 0, 9)], []))).toEqual(['begin rack']);
  });

  it('given a power domain and its racks at once, then the power domain is the only incident', () => {
    const racks = [0, 1, 2, 3, 4].map((number) =>
      trip(`r${number}`, rack(number), number * 10, number * 10 + 9),
    );
    expect(told(correlate([...racks, trip('power', power, 0, 49)], []))).toEqual(['begin power']);
  });

  it('given racks that are incidents already, then they join the power domain after it has begun', () => {
    const racks = [trip('r0', rack(0), 0, 9), trip('r1', rack(1), 10, 19)];
    const steps = correlate(
      [...racks, trip('power', power, 0, 30)],
      racks.map((one) => inForce(one)),
    );
    expect(told(steps)).toEqual(['begin power', 'join r0', 'join r1']);
    expect(steps[1]).toMatchObject({ into: 'power' });
  });

  it('given a breaker that sees a part of what is an incident already, then nobody is asked again', () => {
    const known = inForce(trip('power', power, 0, 49));
    expect(correlate([trip('r2', rack(2), 20, 29)], [known])).toEqual([]);
  });

  it('given one that reaches beyond it, then it is another', () => {
    const known = inForce(trip('power', power, 0, 49));
    expect(told(correlate([trip('type', { faultTypes: ['DiskFailure'] }, 45, 60)], [known]))).toEqual([
      'begin type',
    ]);
  });

  it('given two breakers that see the same, then the one in force stays, else the first is it', () => {
    const [one, other] = [trip('one', rack(0), 0, 9), trip('other', power, 0, 9)];
    expect(told(correlate([one, other], []))).toEqual(['begin one']);
    expect(told(correlate([one, other], [inForce(other)]))).toEqual([]);
  });

  it('given new faults, then a known incident grows; without any it stays as it is', () => {
    const known = inForce(trip('power', power, 0, 20, minuteMs));
    const [step] = correlate([trip('power', power, 10, 30, 2 * minuteMs)], [known]);
    expect(step).toMatchObject({ kind: 'grow', incident: { count: 31, latestAt: 2 * minuteMs } });
    expect(correlate([trip('power', power, 10, 30, minuteMs)], [known])).toEqual([]);
  });

  it('given an incident that a person denied, then it neither grows nor joins', () => {
    const denied = inForce(trip('r0', rack(0), 0, 9), true);
    const steps = correlate([trip('r0', rack(0), 0, 9, 9), trip('power', power, 0, 30)], [denied]);
    expect(told(steps)).toEqual(['begin power']);
  });

  it('given a freeze of the same place, then people are told of the incident all the same', () => {
    const { incident: _none, ...freeze } = inForce(trip('z-1', power, 0, 49));
    expect(told(correlate([trip('r2', rack(2), 20, 29)], [freeze]))).toEqual(['begin r2']);
  });
});
