import type { Operation } from '../../../domain/command.js';
import type { StandingVerdict } from '../../../domain/metric-verdict.js';
import type { Where } from '../../../domain/where.js';
import type { BusinessMetric } from './business-metric.js';

/** What is known of the metrics that a policy names. */
export interface MetricsKnow {
  readonly verdicts: readonly StandingVerdict[];
  /** ms */
  readonly now: number;
}

/** What is said of metrics in a policy. */
export interface MetricsPolicy {
  readonly metrics: readonly BusinessMetric[];
  /** A verdict that is older says nothing, and neither does one from the future, ms. */
  readonly verdictMaximumAgeMs: number;
}

/** Nothing is held back by any. */
export const noMetrics: MetricsPolicy = { metrics: [], verdictMaximumAgeMs: 0 };

/**
 * Pure: which metric holds this back, and why, in words that begin with one. A person's decision that changes go on holds until
 * the metric has been good again, and as long as somebody looks whether it has.
 */
export function heldByMetric(
  { operation, isAbout }: { readonly operation: Operation; readonly isAbout: (where: Where) => boolean },
  { metrics, verdictMaximumAgeMs }: MetricsPolicy,
  { verdicts, now }: MetricsKnow,
): string | undefined {
  for (const metric of metrics) {
    const { name, noData, operations, where } = metric;
    if (operations !== undefined && !operations.includes(operation)) continue;
    if (!isAbout(where)) continue;
    const verdict = verdicts.find((one) => one.metric === name);
    if (verdict === undefined || Math.abs(now - verdict.at) > verdictMaximumAgeMs) {
      if (noData === 'stop') return `NoVerdict: ${name}`;
    } else if (!verdict.overruled && holds(verdict, noData)) return `Metric: ${name} (${verdict.reason})`;
  }
  return undefined;
}

/** Whether changes stop by this verdict. */
export function holds({ says }: Pick<StandingVerdict, 'says'>, noData: BusinessMetric['noData']): boolean {
  return says === 'bad' || (says === 'unknown' && noData === 'stop');
}
