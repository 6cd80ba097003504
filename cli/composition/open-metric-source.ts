import type { MetricSource } from '../../adapters/ports/metric-source.js';
import { createPrometheusSource } from '../../adapters/prometheus/metric-source.js';
import type { Configuration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import type { Environment } from './surroundings.js';

export type OpenMetricSource = MetricSource & { close(): Promise<void> };

/** Undefined, where the configuration names none. Connects at the first question. */
export function openMetricSource(
  { guard: { prometheus } }: Pick<Configuration, 'guard'>,
  environment: Environment,
): OpenMetricSource | undefined {
  if (prometheus === undefined) return undefined;
  const { url, requestTimeoutMs: timeoutMs, token } = prometheus;
  return createPrometheusSource({
    ...{ url, timeoutMs },
    ...(token === undefined ? {} : { token: () => readSecret(token, environment) }),
  });
}
