import type { SpanExporter } from '../../adapters/ports/spans.js';
import type { Configuration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import type { Surroundings } from './surroundings.js';

/** Undefined, where the configuration names no collector: then the library for it is not even loaded. Connects to nothing yet. */
export async function openSpanExporter(
  { tracing }: Configuration,
  { environment, version }: Surroundings,
): Promise<SpanExporter | undefined> {
  if (tracing === undefined) return undefined;
  const { createOtlpExporter } = await import('../../adapters/opentelemetry/otlp-exporter.js');
  const { url, requestTimeoutMs, token } = tracing;
  return createOtlpExporter({
    url,
    timeoutMs: requestTimeoutMs,
    version,
    ...(token === undefined ? {} : { token: () => readSecret(token, environment) }),
  });
}
