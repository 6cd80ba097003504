import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { LogRecord } from '../../adapters/ports/event-log.js';
import { startCollector, type Collector } from '../adapters/opentelemetry/collector.js';
import { valueOf } from './prometheus-text.js';
import { startWholeInstallation, type WholeInstallation } from './whole-installation.js';

const patience = { timeout: 60_000, interval: 250 };
const disk = { cluster: 'a', node: 'n1', type: 'DiskFailure', source: 'agent' };
let collector: Collector;
let faultline: WholeInstallation;

beforeAll(async () => {
  collector = await startCollector();
  faultline = await startWholeInstallation({ sections: { tracing: { url: collector.url } } });
}, 120_000);

afterAll(async () => {
  await faultline.stop();
  await collector.close();
}, 60_000);

async function recordsOf(topic: string): Promise<readonly LogRecord[]> {
  const { eventLog } = faultline.installation.connections;
  const records: LogRecord[] = [];
  for (const { partition, low, high } of await eventLog.bounds(topic))
    for await (const record of eventLog.read(topic, partition, low, high)) records.push(record);
  return records;
}

/** Once a person is asked. */
async function abort(): Promise<void> {
  const { url, connections } = faultline.installation;
  const { history } = connections.journal;
  const waiting = async () => {
    const { rows } = await history.processes({ active: true, limit: 1 });
    return rows[0]?.waitingFor === undefined ? undefined : rows[0].processId;
  };
  await expect.poll(waiting, patience).toBeDefined();
  const answer = await fetch(`${url}/v1/processes/${await waiting()}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'abort', reason: 'test' }),
  });
  expect(answer.status).toBe(202);
}

function named(prefix: string) {
  return collector.spans.filter(({ name }) => name.startsWith(prefix));
}

describe('given Faultline whole and a collector of traces', { timeout: 120_000 }, () => {
  it('when a process has run to its end, then its trace leads to the record of the outcome that subscribers read', async () => {
    expect(await faultline.report({ ...disk, status: 'firing' })).toBe(202);
    await expect.poll(() => named('isolateNode').length, patience).toBe(1);
    await abort();
    await expect.poll(() => named('maintenance').length, patience).toBe(1);
    const [outcome] = await recordsOf('maintenance.outcomes');
    const [, traceId, spanId] = (outcome?.headers['traceparent'] ?? '').split('-');
    const [root] = named('maintenance hardware-repair');
    expect(root?.traceId).toBe(traceId);
    const reports = await recordsOf('fault.reports');
    const [report] = named('report DiskFailure');
    expect(reports.map(({ headers }) => headers['traceparent'])).toEqual([
      `00-${report?.traceId ?? ''}-${report?.spanId ?? ''}-01`,
    ]);
    expect(named('publish')).toEqual([
      expect.objectContaining({ traceId, spanId, parentSpanId: root?.spanId }),
    ]);
    expect(JSON.stringify(root)).toContain('HandedToHuman');
    expect(named('stage').map(({ parentSpanId }) => parentSpanId)).not.toContain(undefined);
    expect(new Set(collector.services)).toEqual(new Set(['faultline 1.2.3-test']));
  });

  it('then /metrics shows what was told, and that nothing waits', async () => {
    const metric = (name: string, labels = {}) =>
      expect.poll(async () => valueOf(await faultline.scrape(), name, labels), patience);
    await metric('faultline_spans_exported_total').toBe(collector.spans.length);
    await metric('faultline_consumer_lag_records', { group: 'tracer' }).toBe(0);
    await metric('faultline_service_ready', { service: 'tracer' }).toBe(1);
  });
});
