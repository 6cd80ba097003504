import type { MetricSource, NoReading } from '../../adapters/ports/metric-source.js';
import type { LocatedConfiguration } from '../configuration/load.js';
import { ConfigurationInvalid } from '../configuration/problems.js';

/** What can be no accident of the moment. */
const neverRight: readonly NoReading[] = ['refused', 'several'];
/** With an older policy in force there is no hurry: what can't be seen to be right can wait. */
const notSeenRight: readonly NoReading[] = [...neverRight, 'not-a-number', 'failed'];

/**
 * A query that Prometheus will never take is refused: it is a mistake of its writer. One that gives nothing, or no number, just now
 * may be right: while it does changes stop, or go on, by its `noData`; and so they do while nobody answers. While another policy is in
 * force, so that the new one may wait, one is refused as well whose query gives no number just now, or fails; only nothing it may give.
 *
 * @throws ConfigurationInvalid
 */
export async function refuseWrongQueries(
  { configuration, problemAt }: LocatedConfiguration,
  source: MetricSource,
  { now, mayWait }: { readonly now: number; readonly mayWait: boolean },
): Promise<void> {
  const { path, guard } = configuration;
  const refused = mayWait ? notSeenRight : neverRight;
  const { metrics } = guard.policy.business;
  const readings = await Promise.all(metrics.map(({ query }) => source.at(query, now)));
  const problems = readings.flatMap((reading, index) =>
    reading.kind === 'none' && refused.includes(reading.why)
      ? [problemAt(['guard', 'metrics', index, 'query'], reading.reason)]
      : [],
  );
  if (problems.length > 0) throw new ConfigurationInvalid(path, problems);
}
