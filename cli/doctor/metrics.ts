import { openMetricSource } from '../composition/open-metric-source.js';
import type { Configuration } from '../configuration/configuration.js';
import type { DoctorCheck } from '../forms/doctor.js';
import type { Terminal } from '../terminal.js';
import { attempt } from './check.js';

/** What each business metric gives now; none where none is configured. */
export async function checkMetrics(
  configuration: Configuration,
  terminal: Terminal,
): Promise<readonly DoctorCheck[]> {
  const source = openMetricSource(configuration, terminal.environment);
  if (source === undefined) return [];
  const { metrics } = configuration.guard.policy.business;
  try {
    return await Promise.all(
      metrics.map(({ name, query, noData }, index) =>
        attempt(
          `metric ${name}`,
          `check guard.prometheus and guard.metrics[${index}].query; until it gives one number, changes ${noData === 'stop' ? 'wait' : 'go on without it'}`,
          async () => {
            const reading = await source.at(query, Date.now());
            if (reading.kind === 'none') throw new Error(reading.reason);
            return String(reading.value);
          },
        ),
      ),
    );
  } finally {
    await source.close();
  }
}
