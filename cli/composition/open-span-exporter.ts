import type { SpanExporter } from '../../adapters/ports/spans.js';
import type { Configuration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import type { Surroundings } from './surroundings.js';

/** Undefined, where the configuration names no collector. The library is loaded with the first span: only a tracer ever has one. */
export function openSpanExporter(
  { tracing }: Configuration,
  { environment, version }: Surroundings,
): SpanExporter | undefined {
  if (tracing === undefined) return undefined;
  const { url, requestTimeoutMs, token } = tracing;
  let opened: Promise<SpanExporter> | undefined;
  const open = async (): Promise<SpanExporter> => {
    const { createOtlpExporter } = await import('../../adapters/opentelemetry/otlp-exporter.js');
    return createOtlpExporter({
      url,
      timeoutMs: requestTimeoutMs,
      version,
      ...(token === undefined ? {} : { token: () => readSecret(token, environment) }),
    });
  };
  return {
    export: async (spans) => {
      opened ??= open();
      await (await opened).export(spans);
    },
    close: async () => {
      await (await opened)?.close();
    },
  };
}
