import type { MetricReading, MetricSeries } from '../../../adapters/ports/metric-source.js';
import type { MetricJudgement } from '../../../domain/metric-verdict.js';
import { canonicalJson } from '../../../domain/json.js';
import { stableId } from '../../stable-id.js';
import type { Baseline, BusinessMetric } from './business-metric.js';

/** What was read of a metric. */
export interface Readings {
  readonly value: MetricReading;
  /** Of the time that it is compared with. Undefined: it is compared with none, or a bound is held. */
  readonly before?: MetricSeries;
  /**
   * The bound and baseline by which it became bad, while it has not been good again: else what is bad for long enough would
   * become what is usual. By another rule there is none.
   */
  readonly held?: Pick<MetricJudgement, 'bound' | 'baseline'>;
}

/** Pure: what the readings say, with the numbers. */
export function judge(metric: BusinessMetric, readings: Readings, at: number): MetricJudgement {
  const { value, before, held } = readings;
  const about = { metric: metric.name, at, rule: ruleOf(metric) };
  if (value.kind === 'none') return { ...about, ...held, says: 'unknown', reason: value.reason };
  const seen = { ...about, value: value.value };
  if (held?.bound === undefined && before?.kind === 'none')
    return {
      ...seen,
      says: 'unknown',
      reason: `nothing to compare ${shown(value.value)} with: ${before.reason}`,
    };
  const numbers = held?.bound === undefined ? numbersFrom(metric, before) : held;
  const { bound } = numbers;
  if (bound === undefined) return { ...seen, says: 'unknown', reason: 'it has no limit and no baseline' };
  const isWorse = metric.better === 'higher' ? value.value < bound : value.value > bound;
  const says = isWorse ? 'bad' : 'good';
  return { ...seen, ...numbers, says, reason: reasonOf(metric, value.value, numbers) };
}

/** What else a metric says (when a person is asked, which changes stop) changes nothing about what it is. */
export function ruleOf({ query, better, limit, baseline }: BusinessMetric): string {
  return stableId('guard', 'metric', canonicalJson({ query, better, limit, baseline }));
}

function numbersFrom(
  metric: BusinessMetric,
  before: MetricSeries | undefined,
): Pick<MetricJudgement, 'bound' | 'baseline'> {
  const { limit, better } = metric;
  if (metric.baseline === undefined || before?.kind !== 'values')
    return limit === undefined ? {} : { bound: limit };
  const baseline = medianOf(before.values);
  const worst = worstBeside(metric.baseline, baseline, better);
  const strictest = better === 'higher' ? Math.max : Math.min;
  return { baseline, bound: limit === undefined ? worst : strictest(limit, worst) };
}

function worstBeside(
  { share, margin }: Baseline,
  baseline: number,
  better: BusinessMetric['better'],
): number {
  const room = Math.max(share * Math.abs(baseline), margin);
  return better === 'higher' ? baseline - room : baseline + room;
}

/** @param values not none */
function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

function reasonOf(
  { better, baseline: compared }: BusinessMetric,
  value: number,
  { bound, baseline }: Pick<MetricJudgement, 'bound' | 'baseline'>,
): string {
  const side = better === 'higher' ? 'at least' : 'at most';
  const before =
    baseline === undefined || compared === undefined ? '' : `, for it was ${shown(baseline)} before`;
  return `${shown(value)}, and should be ${side} ${shown(bound ?? Number.NaN)}${before}`;
}

/** Enough to tell it from others. */
function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}
