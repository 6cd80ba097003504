import { canonicalJson } from '../../domain/json.js';
import type { BusinessMetric } from '../../services/guard/metrics/business-metric.js';
import type { Compilation } from './compilation.js';
import { checkClusters, plainWhere } from './compile-where.js';

/** Notes what is asked twice, can never be good, or is about a cluster that there is not. */
export function checkMetrics(
  context: Compilation,
  metrics: readonly BusinessMetric[],
  clusters: readonly string[],
): void {
  for (const [index, metric] of metrics.entries()) {
    checkClusters(context, ['guard', 'metrics', index], metric.where, clusters);
    for (const [before, other] of metrics.slice(0, index).entries())
      if (isOfSameNumber(metric, other)) checkBoth(context, { index, metric, before, other });
  }
}

/** Two metrics of one number, about the same. */
interface Both {
  readonly index: number;
  readonly metric: BusinessMetric;
  readonly before: number;
  readonly other: BusinessMetric;
}

function checkBoth(context: Compilation, { index, metric, before, other }: Both): void {
  const there = `guard.metrics[${before}]`;
  if (metric.better === other.better) {
    const path = ['guard', 'metrics', index];
    context.problem(path, `asks the same as ${there}: write limit and baseline in one metric`);
    return;
  }
  const [least, most] = metric.better === 'higher' ? [metric, other] : [other, metric];
  if (least.limit === undefined || most.limit === undefined || least.limit <= most.limit) return;
  context.problem(
    ['guard', 'metrics', index, 'limit'],
    `contradicts ${there}: no number is at least ${least.limit} and at most ${most.limit}, so that nothing would ever begin`,
  );
}

function isOfSameNumber(one: BusinessMetric, other: BusinessMetric): boolean {
  return meaning(one) === meaning(other);
}

function meaning({ query, operations, where }: BusinessMetric): string {
  const held = operations === undefined ? {} : { operations: [...operations].sort() };
  return canonicalJson({ query: query.trim(), ...held, where: plainWhere(where) });
}
