import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { NodeKey } from '../../domain/identifiers.js';
import { createPrometheusSource } from '../../adapters/prometheus/metric-source.js';
import { refuseWrongQueries } from '../../cli/composition/check-queries.js';
import { loadLocatedConfiguration } from '../../cli/configuration/load.js';
import { startPrometheus, type PrometheusStack } from '../../stack/prometheus.js';
import { repository } from '../deploy/repository-files.js';
import { runCommand } from '../cli/run-command.js';
import { startWholeInstallation, type WholeInstallation } from '../operations/whole-installation.js';

const patience = { timeout: 60_000, interval: 250 };
/** The rules as they are shipped, but for their windows: nobody waits for five minutes. */
const rules = readFileSync(join(repository, 'deploy/prometheus/business.yaml'), 'utf8')
  .replaceAll('[5m]', '[4s]')
  .replace('interval: 15s', 'interval: 1s');

/** Kubelets that start pods, some of which do not start. */
const kubelets = { started: 0, errors: 0, failing: false };

function scraped(): string {
  kubelets.started += 10;
  if (kubelets.failing) kubelets.errors += 8;
  const { started, errors } = kubelets;
  return [
    `kubelet_started_pods_total ${started}`,
    // Before the first error there is no such series.
    ...(errors === 0 ? [] : [`kubelet_started_pods_errors_total ${errors}`]),
    `kubelet_pod_start_sli_duration_seconds_bucket{le="1"} ${started / 2}`,
    `kubelet_pod_start_sli_duration_seconds_bucket{le="4"} ${started}`,
    `kubelet_pod_start_sli_duration_seconds_bucket{le="+Inf"} ${started}`,
    'idle_kubelet_started_pods_total 7',
    '',
  ].join('\n');
}

const success = 'faultline:pod_start_success:ratio5m';
let folder: string;
let exporter: Server;
let prometheus: PrometheusStack;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-business-'));
  exporter = createServer((_request, response) => response.end(scraped())).listen(0, '127.0.0.1');
  await new Promise((listening) => exporter.once('listening', listening));
  const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
  prometheus = await startPrometheus({ folder, target, rules });
}, 300_000);

afterAll(async () => {
  await prometheus.stop();
  exporter.close();
  await rm(folder, { recursive: true, force: true });
});

function source() {
  return createPrometheusSource({ url: prometheus.url, timeoutMs: 5_000 });
}

async function read(query: string) {
  const metrics = source();
  const reading = await metrics.at(query, Date.now());
  await metrics.close();
  return reading;
}

describe('numbers from Prometheus', () => {
  it('are those of the shipped rules: without errors all pods start, and in so many seconds', async () => {
    await expect.poll(() => read(success), patience).toEqual({ kind: 'value', value: 1 });
    await expect
      .poll(() => read('faultline:pod_start_seconds:p99_5m'), patience)
      .toMatchObject({ kind: 'value', value: expect.closeTo(3.94, 1) as unknown });
  });

  it.each([
    ['scalar(vector(3))', { kind: 'value', value: 3 }],
    ['vector(-0.5)', { kind: 'value', value: -0.5 }],
    ['nobody_knows_this', { kind: 'none', why: 'no-data' }],
    ['vector(0) / vector(0)', { kind: 'none', why: 'not-a-number', reason: 'the query gives NaN' }],
    ['vector(1) / vector(0)', { kind: 'none', why: 'not-a-number', reason: 'the query gives +Inf' }],
    ['kubelet_pod_start_sli_duration_seconds_bucket', { kind: 'none', why: 'several' }],
    [
      'sum(rate(',
      { kind: 'none', why: 'refused', reason: expect.stringContaining('parse error') as unknown },
    ],
    ['"text"', { kind: 'none', why: 'refused' }],
    ['up[5m]', { kind: 'none', why: 'refused' }],
    ['{__name__=~".+"} + on() {__name__=~".+"}', { kind: 'none', why: 'failed' }],
  ])('of %s are %j', async (query, reading) => {
    expect(await read(query)).toMatchObject(reading);
  });

  it('of a time are those that there were', async () => {
    const metrics = source();
    const to = Date.now();
    const range = { from: to - 4_000, to, step: 1_000 };
    expect(await metrics.over('vector(2)', range)).toEqual({ kind: 'values', values: [2, 2, 2, 2, 2] });
    expect(await metrics.over('nobody_knows_this', range)).toMatchObject({ kind: 'none', why: 'no-data' });
    expect(await metrics.over('vector(0) / vector(0)', range)).toMatchObject({ why: 'not-a-number' });
    expect(await metrics.over('sum(', range)).toMatchObject({ why: 'refused' });
    await metrics.close();
  });

  it('there are none where nobody answers, or somebody else does', async () => {
    const other = createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1');
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as AddressInfo;
    const ask = async (): Promise<unknown> => {
      const metrics = createPrometheusSource({ url: `http://127.0.0.1:${port}`, timeoutMs: 1_000 });
      const reading = await metrics.at('1', Date.now());
      await metrics.close();
      return reading;
    };
    expect(await ask()).toMatchObject({ why: 'failed', reason: 'Prometheus answered 200: <html>' });
    await new Promise((closed) => other.close(closed));
    expect(await ask()).toMatchObject({
      why: 'failed',
      reason: expect.stringContaining('gave no answer') as unknown,
    });
  });
});

function sections(metric: object = {}): object {
  return {
    recipe: { verifyInterval: '200ms' },
    guard: {
      // A person is asked about one node; so many faults are no incident.
      breakers: [],
      operations: { isolate: { share: 1, rate: 100, per: '1m' } },
      prometheus: { url: prometheus.url, readEvery: '500ms', requestTimeout: '1s' },
      metrics: [
        {
          ...{ name: 'pod-starts', query: success, better: 'higher', limit: 0.9 },
          // What was begun within that time before it was bad may be why.
          ...{ askAfter: '1s', goodFor: '30s', ...metric },
        },
      ],
    },
  };
}

describe('an installation that looks at a business metric', () => {
  let faultline: WholeInstallation;
  const fault = { cluster: 'a', type: 'DiskFailure', source: 'agent', status: 'firing' };

  beforeAll(async () => {
    faultline = await startWholeInstallation({ sections: sections() });
  }, 120_000);
  afterAll(() => faultline.stop());

  const guard = async (path = '') =>
    (await (await fetch(`${faultline.installation.url}/v1/guard${path}`)).json()) as {
      readonly metrics: readonly object[];
      readonly pauses: readonly { readonly id: string; readonly kind: string }[];
      readonly waiting: { readonly items: readonly { readonly node: string; readonly reason: string }[] };
      readonly items: readonly object[];
    };
  const stageOf = async (node: string) =>
    (await faultline.installation.connections.journal.history.state(`a/${node}` as NodeKey))?.process?.stage;
  const answer = async (verb: string): Promise<number> => {
    const [pause] = (await guard()).pauses;
    const url = `${faultline.installation.url}/v1/guard/pauses/${pause?.id ?? 'none'}/${verb}`;
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ reason: 'the new image' });
    return (await fetch(url, { method: 'POST', headers, body })).status;
  };
  const cordoned = async (node: string): Promise<boolean> => {
    const { baseUrl, token } = faultline.cluster;
    const headers = { authorization: `Bearer ${token}` };
    const found = await (await fetch(`${baseUrl}/api/v1/nodes/${node}`, { headers })).json();
    return (found as { spec: { unschedulable?: boolean } }).spec.unschedulable === true;
  };

  it('isolates nodes while it is good', async () => {
    await expect
      .poll(async () => (await guard()).metrics, patience)
      .toMatchObject([{ says: 'good', value: 1 }]);
    expect(await faultline.report({ ...fault, node: 'n1' })).toBe(202);
    await expect.poll(() => stageOf('n1'), patience).toBe('waitingForPerson');
    expect(await cordoned('n1')).toBe(true);
  });

  it('begins nothing while it is bad, says why with the numbers, and asks a person about what is under way', async () => {
    kubelets.failing = true;
    await expect
      .poll(async () => (await guard()).metrics, patience)
      .toMatchObject([{ says: 'bad', bound: 0.9 }]);
    expect(await faultline.report({ ...fault, node: 'n2' })).toBe(202);
    await expect
      .poll(async () => (await guard()).waiting.items, patience)
      .toMatchObject([
        {
          node: 'n2',
          reason: expect.stringMatching(/^(Metric: pod-starts|Paused: .*pod-starts is bad)/) as unknown,
        },
      ]);
    await expect
      .poll(async () => (await guard()).pauses, patience)
      .toMatchObject([
        {
          kind: 'regression',
          regression: {
            metric: 'pod-starts',
            says: 'bad',
            nodes: expect.arrayContaining(['a/n1']) as unknown,
          },
        },
      ]);
    const recorded = (await guard('/verdicts?metric=pod-starts')).items;
    expect(recorded.slice(0, 2)).toMatchObject([
      { says: 'bad', bound: 0.9 },
      { says: 'good', value: 1 },
    ]);
  });

  it('tells the doctor what it gives', async () => {
    const { out } = await runCommand(['doctor', '--config', faultline.configuration, '-o', 'json']);
    const { checks } = JSON.parse(out) as { readonly checks: readonly { readonly what: string }[] };
    expect(checks).toContainEqual(expect.objectContaining({ what: 'metric pod-starts', result: 'ok' }));
  });

  it('holds on until the pause is ended when the person says no, and keeps out of service who has a fault', async () => {
    expect(await answer('deny')).toBe(200);
    kubelets.failing = false;
    await expect.poll(async () => (await guard()).metrics, patience).toMatchObject([{ says: 'good' }]);
    expect([await stageOf('n1'), await cordoned('n1')]).toEqual(['waitingForPerson', true]);
    expect([await stageOf('n2'), await cordoned('n2')]).toEqual(['isolating', false]);
    expect((await guard()).pauses).toHaveLength(1);
    expect(await answer('thaw')).toBe(200);
    await expect.poll(() => stageOf('n2'), patience).toBe('waitingForPerson');
  });

  it('begins nothing either when Prometheus is gone', async () => {
    await expect.poll(async () => (await guard()).pauses, patience).toEqual([]);
    await prometheus.process.kill9();
    await expect.poll(async () => (await guard()).metrics, patience).toMatchObject([{ says: 'unknown' }]);
    expect(await faultline.report({ ...fault, node: 'n3' })).toBe(202);
    await expect
      .poll(async () => (await guard()).waiting.items, patience)
      .toMatchObject([{ node: 'n3', reason: expect.stringContaining('pod-starts') as unknown }]);
    expect(await cordoned('n3')).toBe(false);
  });
});

describe('a configuration with a query', () => {
  let other: PrometheusStack;
  beforeAll(async () => {
    const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
    other = await startPrometheus({ folder: join(folder, 'other'), target, rules });
  });
  afterAll(() => other.stop());

  const metricOf = (query: string) => ({ name: 'm', query, better: 'lower', limit: 1 });

  it('that Prometheus does not take is refused at the start, with the line and what it says of it', async () => {
    const guard = { prometheus: { url: other.url }, metrics: [metricOf('sum(')] };
    await expect(startWholeInstallation({ sections: { guard } })).rejects.toThrow(
      /faultline\.yaml:\d+:\d+: guard\.metrics\[0\]\.query: Prometheus answered 400, bad_data:.*parse error/,
    );
  });

  it('that gives NaN is taken at the start, and refused while another policy is in force', async () => {
    const file = join(folder, 'nan.yaml');
    const guard = { prometheus: { url: other.url }, metrics: [metricOf('vector(0) / vector(0)')] };
    await writeFile(file, stringify({ clusters: [{ name: 'a', kubeconfig: 'k' }], guard }));
    const configuration = loadLocatedConfiguration(file);
    const metrics = createPrometheusSource({ url: other.url, timeoutMs: 5_000 });
    const check = (mayWait: boolean) =>
      refuseWrongQueries(configuration, metrics, { now: Date.now(), mayWait });
    await check(false);
    await expect(check(true)).rejects.toThrow(
      /nan\.yaml:\d+:\d+: guard\.metrics\[0\]\.query: the query gives NaN/,
    );
    await metrics.close();
  });
});
