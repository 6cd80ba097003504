import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOtlpExporter } from '../../../adapters/opentelemetry/otlp-exporter.js';
import { SpansRefused, type Span, type SpanExporter } from '../../../adapters/ports/spans.js';
import { startCollector, type Collector } from './collector.js';

const span: Span = {
  traceId: '0123456789abcdef0123456789abcdef',
  spanId: '0123456789abcdef',
  parentSpanId: 'fedcba9876543210',
  name: 'stage isolating',
  kind: 'internal',
  startedAt: 1_767_225_606_002,
  endedAt: 1_767_225_607_500,
  attributes: { 'faultline.stage': 'isolating', 'faultline.stage.entry': 2 },
  events: [{ name: 'PersonAsked', at: 1_767_225_607_000, attributes: { 'faultline.reason': 'no answer' } }],
  links: [{ traceId: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', spanId: 'bbbbbbbbbbbbbbbb' }],
  failure: 'it did not work',
};

let collector: Collector;
let exporter: SpanExporter;
beforeEach(async () => {
  collector = await startCollector();
  exporter = createOtlpExporter({
    url: collector.url,
    timeoutMs: 1_500,
    version: '1.2.3',
    token: () => 'secret',
  });
});
afterEach(async () => {
  await exporter.close();
  await collector.close();
});

describe('traces on their way to a collector', () => {
  it('arrive as OTLP says, to the millisecond, with the token', async () => {
    await exporter.export([span]);
    expect(collector.authorizations).toEqual(['Bearer secret']);
    expect(collector.spans).toEqual([
      expect.objectContaining({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        name: 'stage isolating',
        kind: 1,
        startTimeUnixNano: '1767225606002000000',
        endTimeUnixNano: '1767225607500000000',
        attributes: [
          { key: 'faultline.stage', value: { stringValue: 'isolating' } },
          { key: 'faultline.stage.entry', value: { intValue: 2 } },
        ],
        status: { code: 2, message: 'it did not work' },
        links: [expect.objectContaining(span.links[0])],
        events: [expect.objectContaining({ name: 'PersonAsked', timeUnixNano: '1767225607000000000' })],
      }),
    ]);
    expect(collector.services).toEqual(['faultline 1.2.3']);
  });

  it('given the collector refuses them for good, then that is said', async () => {
    collector.answer(400);
    await expect(exporter.export([span])).rejects.toBeInstanceOf(SpansRefused);
  });

  it.each([500, 503])('given the collector answers %i, then they may be sent again', async (status) => {
    collector.answer(status);
    await expect(exporter.export([span])).rejects.not.toBeInstanceOf(SpansRefused);
    collector.answer(200);
    await exporter.export([span]);
    expect(collector.spans).toHaveLength(1);
  });

  it('given nobody listens, then they may be sent again', async () => {
    await collector.close();
    await expect(exporter.export([span])).rejects.not.toBeInstanceOf(SpansRefused);
  });
});
