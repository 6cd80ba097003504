import { SpanKind, SpanStatusCode, TraceFlags, type HrTime, type SpanContext } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

import { SpansRefused, type Span, type SpanExporter } from '../ports/spans.js';

export interface OtlpOptions {
  /** Where traces are posted, with its path: `http://collector:4318/v1/traces`. */
  readonly url: string;
  /** Bearer token, asked for before each request. */
  readonly token?: () => string;
  readonly timeoutMs: number;
  /** Of Faultline. */
  readonly version: string;
}

/** OTLP over HTTP. The library tries again what the collector asks to be sent again, within `timeoutMs`. */
export function createOtlpExporter(options: OtlpOptions): SpanExporter {
  const { url, token, timeoutMs, version } = options;
  const exporter = new OTLPTraceExporter({
    url,
    timeoutMillis: timeoutMs,
    ...(token === undefined
      ? {}
      : { headers: () => Promise.resolve({ authorization: `Bearer ${token()}` }) }),
  });
  const resource = resourceFromAttributes({
    'service.name': 'faultline',
    'service.version': version,
  });
  return {
    export: (spans) =>
      new Promise((resolve, reject) => {
        exporter.export(
          spans.map((span) => readable(span, resource, version)),
          ({ code, error }) => {
            if (code === ExportResultCode.SUCCESS) resolve();
            else reject(failureOf(error ?? new Error('the collector did not take the spans')));
          },
        );
      }),
    close: () => exporter.shutdown(),
  };
}

/** By the status codes that OTLP/HTTP calls final; whatever else failed may go well the next time. */
function failureOf(error: Error): Error {
  const status = 'code' in error ? error.code : undefined;
  const isFinal = typeof status === 'number' && status >= 400 && status < 500 && status !== 429;
  return isFinal ? new SpansRefused(`status ${status}: ${error.message}`, { cause: error }) : error;
}

function readable(span: Span, resource: Resource, version: string): ReadableSpan {
  const { traceId, spanId, parentSpanId, startedAt, endedAt, failure } = span;
  return {
    name: span.name,
    kind: span.kind === 'producer' ? SpanKind.PRODUCER : SpanKind.INTERNAL,
    spanContext: () => contextOf(traceId, spanId),
    ...(parentSpanId === undefined ? {} : { parentSpanContext: contextOf(traceId, parentSpanId) }),
    startTime: timeOf(startedAt),
    endTime: timeOf(endedAt),
    duration: timeOf(endedAt - startedAt),
    status:
      failure === undefined
        ? { code: SpanStatusCode.UNSET }
        : { code: SpanStatusCode.ERROR, message: failure },
    attributes: span.attributes,
    events: span.events.map(({ name, at, attributes }) => ({ name, time: timeOf(at), attributes })),
    links: span.links.map((link) => ({ context: contextOf(link.traceId, link.spanId) })),
    ended: true,
    resource,
    instrumentationScope: { name: 'faultline', version },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function contextOf(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

/** Seconds and nanoseconds. */
function timeOf(ms: number): HrTime {
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000];
}
