import { describe, expect, it } from 'vitest';
import { copyNames, foundations, killPlan, killPoints, leastOf } from '../../chaos/kill-plan.js';
import { seededRandom } from '../../world/random.js';

const planOf = (minutes: number, seed: string) => killPlan(minutes, seededRandom(seed));
const ofPoint = (minutes: number, point: string) =>
  planOf(minutes, 'a').filter((action) => action.kind === 'kill point' && action.point === point);
const alone = (minutes: number) =>
  planOf(minutes, 'a').flatMap((action) =>
    action.kind === 'kill' && action.targets.length === 1 ? action.targets : [],
  );

describe('given ten minutes', () => {
  it('then each kill point comes three times, and each process in turn', () => {
    for (const point of killPoints) expect(ofPoint(10, point), point).toHaveLength(3);
    expect(alone(10).toSorted()).toEqual([...copyNames, ...foundations].toSorted());
  });

  it('then the kills that it is sure of are as many as are wanted', () => {
    const inPlan = planOf(10, 'a').flatMap((action): readonly string[] =>
      action.kind === 'kill' ? action.targets : [action.point],
    );
    expect(inPlan.length).toBeGreaterThanOrEqual(leastOf(10).kills);
  });
});

describe('given a short run', () => {
  it('then each kill point comes once, and what everything rests on is killed as well', () => {
    for (const point of killPoints) expect(ofPoint(1.25, point), point).toHaveLength(1);
    for (const target of alone(1.25)) expect(foundations).toContain(target);
    expect(leastOf(1.25)).toEqual({ faults: 38, kills: 8, cuts: 4, hitsPerPoint: 1 });
  });
});

it('one seed gives one plan, another another', () => {
  expect(planOf(10, 'a')).toEqual(planOf(10, 'a'));
  expect(planOf(10, 'a')).not.toEqual(planOf(10, 'b'));
});
