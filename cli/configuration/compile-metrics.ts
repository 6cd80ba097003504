import type { BusinessMetric } from '../../services/guard/metrics/business-metric.js';
import type { MetricsPolicy } from '../../services/guard/metrics/hold-by-metrics.js';
import { checkMetrics } from './check-metrics.js';
import type { Compilation } from './compilation.js';
import { compileWebhook } from './compile-services.js';
import { compileWhere } from './compile-where.js';
import type { Configuration } from './configuration.js';
import type { KeyPath } from './problems.js';
import type { ConfigurationFile } from './sections/whole-file.js';

type GuardSection = ConfigurationFile['guard'];
type MetricSection = GuardSection['metrics'][number];

/** So many readings may be missed before what was read last says nothing any more. */
const readingsMissed = 4;

export function compilePrometheus(
  context: Compilation,
  given: GuardSection['prometheus'],
): Configuration['guard']['prometheus'] {
  const path = ['guard', 'prometheus'];
  const access = compileWebhook(context, path, given);
  if (given === undefined || access === undefined) return undefined;
  return { ...access, readEveryMs: context.duration([...path, 'readEvery'], given.readEvery) };
}

/** @param clusters names of those that are configured */
export function compileMetrics(
  context: Compilation,
  guard: GuardSection,
  clusters: readonly string[],
): MetricsPolicy {
  const { metrics, prometheus } = guard;
  if (metrics.length > 0 && prometheus === undefined)
    context.problem(['guard', 'metrics'], 'are read nowhere: add guard.prometheus with its url');
  const readEveryMs =
    prometheus === undefined
      ? 0
      : context.duration(['guard', 'prometheus', 'readEvery'], prometheus.readEvery);
  const compiled = metrics.map((metric, index) => {
    const path = ['guard', 'metrics', index];
    if (metrics.findIndex(({ name }) => name === metric.name) < index)
      context.problem([...path, 'name'], `${metric.name} is there twice: each metric has its own name`);
    return compileMetric(context, path, metric, guard.labels);
  });
  checkMetrics(context, compiled, clusters);
  return { verdictMaximumAgeMs: readingsMissed * readEveryMs, metrics: compiled };
}

function compileMetric(
  context: Compilation,
  path: KeyPath,
  given: MetricSection,
  labels: readonly string[],
): BusinessMetric {
  const { name, query, better, limit, noData, operations, baseline } = given;
  if (limit === undefined && baseline === undefined)
    context.problem(path, 'is good whatever it is: add limit, baseline or both');
  return {
    ...{ name, query, better, noData },
    ...(limit === undefined ? {} : { limit }),
    ...(baseline === undefined
      ? {}
      : { baseline: compileBaseline(context, [...path, 'baseline'], baseline) }),
    where: compileWhere(context, path, given.where, labels),
    ...(operations === undefined ? {} : { operations }),
    askAfterMs: context.duration([...path, 'askAfter'], given.askAfter),
    goodForMs: context.duration([...path, 'goodFor'], given.goodFor),
  };
}

function compileBaseline(
  context: Compilation,
  path: KeyPath,
  { ago, over, share, margin }: NonNullable<MetricSection['baseline']>,
): NonNullable<BusinessMetric['baseline']> {
  if (share === 0 && margin === 0)
    context.problem(
      path,
      'tolerates nothing, and no metric is ever quite the same: add share, margin or both',
    );
  return {
    agoMs: context.duration([...path, 'ago'], ago),
    overMs: context.duration([...path, 'over'], over),
    ...{ share, margin },
  };
}
