import { describe, expect, it } from 'vitest';
import type { StandingVerdict } from '../../../../domain/metric-verdict.js';
import { isAbout, type Where } from '../../../../domain/where.js';
import type { BusinessMetric } from '../../../../services/guard/metrics/business-metric.js';
import { heldByMetric } from '../../../../services/guard/metrics/hold-by-metrics.js';
import { memberWith, now, requestTo } from '../asked.js';
import { metricWith, standing } from './metrics.js';

const verdictMaximumAgeMs = 60_000;

function held(
  verdict: Partial<StandingVerdict> | undefined,
  metric: BusinessMetric = metricWith(),
  operation: Parameters<typeof requestTo>[0] = 'isolate',
): string | undefined {
  const verdicts = verdict === undefined ? [] : [standing({ at: now, ...verdict })];
  const policy = { metrics: [metric], verdictMaximumAgeMs };
  const request = requestTo(operation);
  const asked = { operation, isAbout: (where: Where) => isAbout(where, request, memberWith()) };
  return heldByMetric(asked, policy, { verdicts, now });
}

describe('what a business metric says', () => {
  it('holds back while it is bad, in words that name it and the numbers', () => {
    expect(held({})).toBe('Metric: starts (0.5, and should be at least 0.9)');
    expect(held({ says: 'good' })).toBeUndefined();
  });

  it('holds back while nothing is known, unless it is said otherwise', () => {
    const go = metricWith({ noData: 'go' });
    expect(held({ says: 'unknown', reason: 'no answer' })).toBe('Metric: starts (no answer)');
    expect(held({ says: 'unknown' }, go)).toBeUndefined();
    expect(held({}, go)).toContain('Metric: starts');
  });

  it.each([undefined, { at: now - verdictMaximumAgeMs - 1 }, { at: now + verdictMaximumAgeMs + 1 }])(
    'says nothing where there is no verdict of about now: %j',
    (verdict) => {
      const good = verdict === undefined ? undefined : { ...verdict, says: 'good' as const };
      expect(held(good)).toBe('NoVerdict: starts');
      expect(held(good, metricWith({ noData: 'go' }))).toBeUndefined();
    },
  );

  it('holds back only what it is about', () => {
    expect(held({}, metricWith({ where: { pools: ['other'] } }))).toBeUndefined();
    expect(held({}, metricWith({ where: { owners: ['faultline'] } }))).toBeDefined();
    expect(held({}, metricWith({ operations: ['power'] }))).toBeUndefined();
    expect(held({}, metricWith({ operations: ['power'] }), 'power')).toBeDefined();
  });

  it('holds nothing back when a person said that changes go on', () => {
    expect(held({ overruled: true })).toBeUndefined();
  });

  it('holds back again what a person let go on when nobody looks at the metric any more', () => {
    expect(held({ overruled: true, at: now - 30 * 86_400_000 })).toBe('NoVerdict: starts');
  });
});
