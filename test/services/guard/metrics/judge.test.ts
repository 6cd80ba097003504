import { describe, expect, it } from 'vitest';
import type { MetricReading, MetricSeries } from '../../../../adapters/ports/metric-source.js';
import { judge, ruleOf } from '../../../../services/guard/metrics/judge.js';
import { metricWith } from './metrics.js';

const at = 7;
const read = (value: number): MetricReading => ({ kind: 'value', value });
const before = (...values: readonly number[]): MetricSeries => ({ kind: 'values', values });
const baseline = { agoMs: 1, overMs: 1, share: 0, margin: 0 };

describe('a business metric', () => {
  it.each([
    ['higher', 0.9, 0.9, 'good'],
    ['higher', 0.9, 0.899, 'bad'],
    ['lower', 5, 5, 'good'],
    ['lower', 5, 5.1, 'bad'],
  ] as const)('that is better %s, with limit %d, says of %d that it is %s', (better, limit, value, says) => {
    expect(judge(metricWith({ better, limit }), { value: read(value) }, at)).toMatchObject({
      ...{ metric: 'starts', at, says, value, bound: limit },
    });
  });

  it.each([
    ['by a share of the median', 'higher', { share: 0.1 }, [1, 100, 90], 81, 90],
    ['by a margin that is more than the share', 'higher', { share: 0.1, margin: 20 }, [100], 80, 100],
    ['of what is better lower', 'lower', { share: 0.5 }, [2, 4], 4.5, 3],
    ['of what was nothing', 'lower', { margin: 0.01 }, [0, 0, 0], 0.01, 0],
    ['of what was less than nothing', 'higher', { share: 0.5 }, [-4], -6, -4],
  ] as const)('may be worse than before %s', (_how, better, tolerated, values, bound, median) => {
    const metric = metricWith({ better, limit: undefined, baseline: { ...baseline, ...tolerated } });
    const worse = better === 'higher' ? -0.001 : 0.001;
    const seen = (value: number) => judge(metric, { value: read(value), before: before(...values) }, at);
    expect(seen(bound)).toMatchObject({ says: 'good', baseline: median, bound });
    expect(seen(bound + worse)).toMatchObject({ says: 'bad' });
  });

  it('with both goes by the stricter', () => {
    const metric = metricWith({ limit: 0.95, baseline: { ...baseline, share: 0.5 } });
    expect(judge(metric, { value: read(0.96), before: before(1) }, at)).toMatchObject({ bound: 0.95 });
    const strict = metricWith({ limit: 0.1, baseline: { ...baseline, share: 0.5 } });
    expect(judge(strict, { value: read(0.4), before: before(1) }, at)).toMatchObject({
      ...{ says: 'bad', bound: 0.5 },
      reason: '0.4, and should be at least 0.5, for it was 1 before',
    });
  });

  it('says that nothing is known where there is no number, or nothing to compare it with', () => {
    const none = { kind: 'none', why: 'no-data', reason: 'the query gives nothing' } as const;
    expect(judge(metricWith(), { value: none }, at)).toEqual({
      ...{
        metric: 'starts',
        rule: ruleOf(metricWith()),
        at,
        says: 'unknown',
        reason: 'the query gives nothing',
      },
    });
    const compared = metricWith({ baseline: { ...baseline, share: 0.1 } });
    expect(judge(compared, { value: read(1), before: none }, at)).toMatchObject({
      says: 'unknown',
      value: 1,
    });
  });

  it('that is bad goes on being held against the bound of before, also when it could not be read in between', () => {
    const metric = metricWith({ limit: undefined, baseline: { ...baseline, share: 0.1 } });
    const bad = judge(metric, { value: read(0.5), before: before(1) }, at);
    const none = { kind: 'none', why: 'failed', reason: 'no answer' } as const;
    const unread = judge(metric, { value: none, held: bad }, at);
    expect(unread).toMatchObject({ says: 'unknown', bound: 0.9, baseline: 1 });
    expect(judge(metric, { value: read(0.5), held: unread }, at)).toMatchObject({ says: 'bad', bound: 0.9 });
    expect(judge(metric, { value: read(0.95), held: unread }, at)).toMatchObject({ says: 'good' });
  });
});
