import { readFileSync } from 'node:fs';

import type { MetricSource, NoReading } from '../../adapters/ports/metric-source.js';
import type { Configuration } from '../configuration/configuration.js';
import { parseLocated } from '../configuration/positions.js';
import { ConfigurationInvalid, type ConfigurationProblem } from '../configuration/problems.js';

/** What a query gives that can't be judged, where it stands in the file. */
interface QueryProblem extends ConfigurationProblem {
  readonly why: NoReading;
}

/** Asks each query of the policy once, now. Resolves with those that give no number. */
async function queryProblems(
  { path, guard }: Pick<Configuration, 'path' | 'guard'>,
  source: MetricSource,
  now: number,
): Promise<readonly QueryProblem[]> {
  const { metrics } = guard.policy.business;
  const readings = await Promise.all(metrics.map(({ query }) => source.at(query, now)));
  const document = parseLocated(readFileSync(path, 'utf8'));
  return readings.flatMap((reading, index) =>
    reading.kind === 'value'
      ? []
      : [
          {
            ...document.problemAt(['guard', 'metrics', index, 'query'], reading.reason),
            why: reading.why,
          },
        ],
  );
}

/** What can be no accident of the moment. */
const neverRight: readonly NoReading[] = ['refused', 'several'];
/** With an older policy in force there is no hurry: what can't be seen to be right can wait. */
const notSeenRight: readonly NoReading[] = [...neverRight, 'not-a-number', 'failed'];

/**
 * At the start a query that Prometheus will never take is refused: it is a mistake of its writer. One that gives nothing, or no number, just now
 * may be right: while it does changes stop, or go on, by its `noData`; and so they do while nobody answers. While another policy is in
 * force, one is refused as well whose query gives no number just now, or fails; only nothing it may give.
 *
 * @throws ConfigurationInvalid
 */
export async function refuseWrongQueries(
  configuration: Pick<Configuration, 'path' | 'guard'>,
  source: MetricSource,
  { now, isStart }: { readonly now: number; readonly isStart: boolean },
): Promise<void> {
  const problems = await queryProblems(configuration, source, now);
  const wrong = problems.filter(({ why }) => (isStart ? neverRight : notSeenRight).includes(why));
  if (wrong.length > 0) throw new ConfigurationInvalid(configuration.path, wrong);
}
