import type { StandingVerdict } from '../../../../domain/metric-verdict.js';
import type { BusinessMetric } from '../../../../services/guard/metrics/business-metric.js';

/** `limit: undefined` takes the limit away. */
export function metricWith(
  more: Partial<Omit<BusinessMetric, 'limit'>> & { readonly limit?: number | undefined } = {},
): BusinessMetric {
  const { limit, ...rest } = { limit: 0.9, ...more };
  return {
    ...{ name: 'starts', query: 'starts', better: 'higher', noData: 'stop', where: {} },
    ...{ askAfterMs: 60_000, goodForMs: 300_000 },
    ...(limit === undefined ? {} : { limit }),
    ...rest,
  };
}

export function standing(more: Partial<StandingVerdict> = {}): StandingVerdict {
  return {
    ...{ metric: 'starts', says: 'bad', at: 0, since: 0, value: 0.5, bound: 0.9 },
    ...{ reason: '0.5, and should be at least 0.9', overruled: false },
    ...more,
  };
}
