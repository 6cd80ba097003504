import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundledSchemaIds } from '../../../adapters/schema-registry/bundled.js';
import { SchemaRegistryUnavailable } from '../../../adapters/ports/schema-ids.js';
import { faultTypes } from '../../../domain/fault.js';
import { nodeKey, type ClusterName, type NodeName } from '../../../domain/identifiers.js';
import type { Report } from '../../../domain/report.js';
import { parseCloudEvent } from '../../../schemas/parse-cloud-event.js';
import type { IntakeOptions } from '../../../services/intake/options.js';
import type { Rejection } from '../../../services/intake/rejection.js';
import { startIntake, type RunningIntake } from '../../../services/intake/start-intake.js';
import { decodeRecord } from '../../../services/maintenance/read/decode-record.js';
import { RecordingLog } from './recording-log.js';

const now = 1_700_000_000_000;
const schemaIds = bundledSchemaIds();
const good = { cluster: 'alpha', node: 'n1', type: 'DiskFailure', status: 'firing', source: 'agent' };

let log: RecordingLog;
let intake: RunningIntake;
const open: RunningIntake[] = [];

async function start(options: Partial<IntakeOptions> = {}): Promise<RunningIntake> {
  const running = await startIntake({
    eventLog: log,
    schemaIds,
    clock: { now: () => now },
    randomness: { uuid: randomUUID },
    host: '127.0.0.1',
    port: 0,
    ...options,
  });
  open.push(running);
  return running;
}

beforeEach(async () => {
  log = new RecordingLog();
  intake = await start();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((running) => running.close()));
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly accepted: string[];
  readonly rejected: Rejection[];
  readonly detail: string;
  readonly type: string;
}

async function post(
  body: unknown,
  { path = '/v1/reports', type = 'application/json', headers = {}, to = intake } = {},
): Promise<Answer> {
  const raw = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const answer = await fetch(`${to.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: typeof raw === 'string' ? raw : new Uint8Array(raw),
  });
  const content = (await answer.json()) as Omit<Answer, 'status' | 'headers'>;
  return { ...content, status: answer.status, headers: answer.headers };
}

async function stored(): Promise<Report[]> {
  const reports: Report[] = [];
  for (const [offset, record] of log.records.entries()) {
    const whole = { ...record, partition: 0, offset: BigInt(offset), appendedAt: now };
    const options = { schemaIds, clock: { now: () => now, fromLogTime: () => now }, lateAfterMs: 1 };
    const decoded = await decodeRecord(whole, options);
    if (decoded.kind !== 'input' || decoded.input.kind !== 'report') throw new Error('not a report');
    reports.push(decoded.input.report);
  }
  return reports;
}

describe('a report that is whole', () => {
  it('is accepted, and stands in the log with all it said', async () => {
    const all = {
      ...good,
      bootId: 'b',
      sequence: 7,
      observedAt: '2026-11-23T22:15:00Z',
      message: 'm',
      evidence: { a: 'b' },
    };
    const answer = await post(all);
    expect(answer).toMatchObject({ status: 202, rejected: [] });
    expect(await stored()).toEqual([{ ...all, id: answer.accepted[0] }]);
    expect(log.records[0]).toMatchObject({ topic: 'fault.reports', key: 'alpha/n1' });
    expect(parseCloudEvent(log.records[0]?.headers ?? {})).toMatchObject({
      id: answer.accepted[0],
      type: 'dev.faultline.ReportReceived',
      subject: 'alpha/n1',
    });
  });

  it('is accepted alone, in an array and in NDJSON, in order', async () => {
    const nodes = ['n1', 'n2', 'n3'].map((node) => ({ ...good, node }));
    await post(nodes);
    await post(`${nodes.map((item) => JSON.stringify(item)).join('\r\n')}\n\n`, {
      type: 'application/x-ndjson',
    });
    expect((await stored()).map((report) => report.node)).toEqual(['n1', 'n2', 'n3', 'n1', 'n2', 'n3']);
  });

  it('gets ids that grow in the order of arrival', async () => {
    const { accepted } = await post(Array.from({ length: 5_000 }, () => good));
    expect(new Set(accepted).size).toBe(5_000);
    expect([...accepted].sort()).toEqual(accepted);
  });

  it.each(['1999-01-01T00:00:00Z', '2031-11-23T22:15:00+02:00'])(
    'may have a clock years off: %s',
    async (observedAt) => {
      expect(await post({ ...good, observedAt })).toMatchObject({ status: 202 });
    },
  );

  it('is accepted a thousand times, each with an id of its own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(Array.from({ length: 100 }, () => good))),
    );
    expect(new Set(answers.flatMap((answer) => answer.accepted)).size).toBe(1_000);
    expect(log.records).toHaveLength(1_000);
  });
});

describe('a report with text that no store takes', () => {
  it('is accepted with U+FFFD in its place, and its original beside it', async () => {
    const bad = { ...good, message: 'a\0b\ud800c', evidence: { 'k\0': '\udfff' } };
    expect(await post(bad)).toMatchObject({ status: 202 });
    expect(await stored()).toMatchObject([{ message: 'a\ufffdb\ufffdc', evidence: { 'k\ufffd': '\ufffd' } }]);
    const original = Buffer.from(log.records[0]?.headers['original'] ?? '', 'base64').toString();
    expect(JSON.parse(original)).toEqual(bad);
  });

  it('has no original when nothing was replaced', async () => {
    await post({ ...good, message: 'ä€😀' });
    expect(log.records[0]?.headers).not.toHaveProperty('original');
  });
});

describe('a report that is not whole', () => {
  const long = (length: number) => 'x'.repeat(length);
  const cases: [string, unknown, string, RegExp][] = [
    ['no object', 7, '$', /must be an object, not a number/],
    ['an unknown member', { ...good, severity: 1 }, '$.severity', /no such member/],
    ['an odd unknown member', '{"__proto__":{},"a b":1}', '$.__proto__', /no such member/],
    ['no cluster', { ...good, cluster: undefined }, '$.cluster', /it is missing/],
    ['a cluster that is no name', { ...good, cluster: 'a/b' }, '$.cluster', /DNS label/],
    ['a node that is no name', { ...good, node: 'N 1' }, '$.node', /DNS subdomain/],
    ['a NUL in its node', { ...good, node: 'n\0' }, '$.node', /DNS subdomain/],
    ['an unknown fault type', { ...good, type: 'Ghost' }, '$.type', new RegExp(faultTypes.join(', '))],
    ['a member of Object as fault type', { ...good, type: 'toString' }, '$.type', /must be one of/],
    ['an unknown status', { ...good, status: 'ok' }, '$.status', /firing or cleared; it is "ok"/],
    ['a blank source', { ...good, source: ' ' }, '$.source', /who says so/],
    ['a source too long', { ...good, source: long(129) }, '$.source', /129 characters, at most 128/],
    ['a negative sequence', { ...good, sequence: -1 }, '$.sequence', /whole number/],
    ['a broken sequence', { ...good, sequence: 1.5 }, '$.sequence', /whole number/],
    ['a sequence beyond the contract', { ...good, sequence: 2 ** 53 }, '$.sequence', /whole number/],
    ['a time that is none', { ...good, observedAt: 'yesterday' }, '$.observedAt', /RFC 3339/],
    ['a thirteenth month', { ...good, observedAt: '2026-13-01T00:00:00Z' }, '$.observedAt', /RFC 3339/],
    ['a message too long', { ...good, message: long(8_193) }, '$.message', /at most 8192/],
    ['a message that is no text', { ...good, message: {} }, '$.message', /must be text; it is an object/],
    ['evidence that is a list', { ...good, evidence: ['a'] }, '$.evidence', /object of text/],
    ['evidence that is no text', { ...good, evidence: { a: 1 } }, '$.evidence.a', /must be text/],
    ['evidence too long', { ...good, evidence: { a: long(4_097) } }, '$.evidence.a', /at most 4096/],
    [
      'too much evidence',
      { ...good, evidence: Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 'v'])) },
      '$.evidence',
      /65 members/,
    ],
  ];
  it.each(cases)('is refused with path and reason: %s', async (_name, body, path, reason) => {
    const answer = await post(body);
    expect(answer).toMatchObject({ status: 400, type: 'urn:faultline:problem:all-rejected' });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.rejected).toEqual([{ index: 0, path, reason: expect.stringMatching(reason) as string }]);
    expect(log.records).toEqual([]);
  });

  it('does not take its neighbours with it', async () => {
    const array = await post([good, { ...good, node: '' }, good]);
    expect(array).toMatchObject({ status: 202, rejected: [{ index: 1, path: '$[1].node' }] });
    const lines = Buffer.concat([
      Buffer.from(`${JSON.stringify(good)}\n{"cut\n`),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from(JSON.stringify(good)),
    ]);
    const ndjson = await post(lines, { type: 'application/x-ndjson' });
    expect(ndjson.rejected).toEqual([
      { index: 1, path: '$[1]', reason: expect.stringMatching(/line 2 is not JSON/) as string },
      { index: 2, path: '$[2]', reason: 'line 3 is not UTF-8' },
    ]);
    expect([array.accepted.length, ndjson.accepted.length, log.records.length]).toEqual([2, 2, 4]);
  });
});

describe('a request that is none', () => {
  const cases: [string, string | Buffer, string, number, RegExp][] = [
    ['empty', '', 'application/json', 400, /empty/],
    ['not JSON', '{"a"', 'application/json', 400, /not JSON/],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'application/json', 400, /not UTF-8/],
    ['without reports', '[]', 'application/json', 400, /holds no report/],
    ['of blank lines', '\n \n', 'application/x-ndjson', 400, /holds no report/],
    ['XML', '<report/>', 'application/xml', 415, /application\/x-ndjson/],
    ['larger than 10 MB', ' '.repeat(10 * 1024 * 1024 + 1), 'application/json', 413, /10485760 bytes/],
    ['of too many reports', `[${'1,'.repeat(10_000)}1]`, 'application/json', 413, /at most 10000/],
    ['of too many lines', '1\n'.repeat(10_001), 'application/x-ndjson', 413, /at most 10000/],
    ['nested without end', '['.repeat(200_000), 'application/json', 400, /not JSON/],
  ];
  it.each(cases)('is refused, and the next one is served: %s', async (_name, body, type, status, detail) => {
    const answer = await post(body, { type });
    expect(answer).toMatchObject({ status, detail: expect.stringMatching(detail) as string });
    expect(await post(good)).toMatchObject({ status: 202 });
  });

  it('is refused when it is compressed', async () => {
    expect(await post('x', { headers: { 'content-encoding': 'gzip' } })).toMatchObject({ status: 415 });
  });

  it('never makes intake fail, whatever its bytes', async () => {
    const types = fc.constantFrom('application/json', 'application/x-ndjson');
    const paths = fc.constantFrom('/v1/reports', '/v1/alertmanager');
    const bodies = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({ ...Object.fromEntries(Object.keys(good).map((name) => [name, fc.jsonValue()])) })
        .map((value) => Buffer.from(JSON.stringify(value))),
    );
    await fc.assert(
      fc.asyncProperty(bodies, types, paths, async (body, type, path) => {
        expect((await post(body, { type, path })).status).toBe(400);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a log that does not take records', () => {
  it('is answered with 503 and Retry-After; nothing is acknowledged, and the next try succeeds', async () => {
    log.unavailable = true;
    const answer = await post([good, { ...good, node: '' }]);
    expect(answer).toMatchObject({ status: 503, type: 'urn:faultline:problem:unavailable' });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.accepted).toBeUndefined();
    log.unavailable = false;
    expect(await post(good)).toMatchObject({ status: 202 });
  });

  it('is answered with 503 when no schema id can be had yet', async () => {
    const idOf = () => Promise.reject(new SchemaRegistryUnavailable('away', 'away'));
    const to = await start({ schemaIds: { ...schemaIds, idOf } });
    expect(await post(good, { to })).toMatchObject({ status: 503 });
  });

  it('rejects only the report that it refuses', async () => {
    log.largest = 1_000;
    const answer = await post([good, { ...good, message: 'x'.repeat(2_000) }, good]);
    expect(answer).toMatchObject({
      status: 202,
      rejected: [{ index: 1, reason: expect.stringMatching(/too large/) as string }],
    });
    expect(new Set((await stored()).map((report) => report.id))).toEqual(new Set(answer.accepted));
  });

  it('gets what came meanwhile in one append, and senders beyond what may wait come again', async () => {
    const to = await start({ maximumWaiting: 3 });
    let release = (): void => undefined;
    log.gate = new Promise((resolve) => (release = resolve));
    const answers = Array.from({ length: 4 }, () => post(good, { to }));
    // One of four is told to come again once the other three wait.
    const early = await Promise.race(answers);
    expect(early).toMatchObject({ status: 503, type: 'urn:faultline:problem:overloaded' });
    release();
    const statuses = (await Promise.all(answers)).map((answer) => answer.status);
    expect(statuses.sort()).toEqual([202, 202, 202, 503]);
    expect(log.appends.map((records) => records.length)).toEqual([1, 2]);
  });
});

describe('tokens', () => {
  const tokens = new Map([
    ['fleet', { nodes: 'all' as const }],
    ['one', { nodes: [nodeKey('alpha' as ClusterName, 'n1' as NodeName)] }],
  ]);
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  it('are needed once there are any', async () => {
    const to = await start({ tokens });
    const without = await post(good, { to });
    expect(without).toMatchObject({ status: 401 });
    expect(without.headers.get('www-authenticate')).toContain('Bearer');
    expect(await post(good, { to, ...bearer('guess') })).toMatchObject({ status: 401 });
    expect(await post(good, { to, ...bearer('fleet') })).toMatchObject({ status: 202 });
  });

  it('let an agent report about its own node only', async () => {
    const to = await start({ tokens });
    const other = { ...good, node: 'n2' };
    expect(await post(good, { to, ...bearer('one') })).toMatchObject({ status: 202 });
    expect(await post(other, { to, ...bearer('one') })).toMatchObject({
      status: 403,
      rejected: [{ path: '$.node' }],
    });
    expect(await post([good, other], { to, ...bearer('one') })).toMatchObject({
      status: 202,
      rejected: [{ index: 1, path: '$[1].node', forbidden: true }],
    });
    expect((await stored()).map((report) => report.node)).toEqual(['n1', 'n1']);
  });
});

describe('an Alertmanager webhook', () => {
  const path = '/v1/alertmanager';
  const alert = (labels: Record<string, string>, status = 'firing') => ({
    status,
    labels: { alertname: 'SmartFailed', ...labels },
    annotations: { summary: 'disk sda is failing' },
    startsAt: '2026-11-23T22:15:00.5Z',
    endsAt: '2026-11-23T22:20:00Z',
    fingerprint: 'f',
  });
  const webhook = (...alerts: unknown[]) => ({
    version: '4',
    status: 'firing',
    receiver: 'faultline',
    alerts,
  });

  it('becomes one report per alert, firing or cleared', async () => {
    const to = await start({ alertRules: { SmartFailed: 'DiskFailure' }, defaultCluster: 'alpha' });
    const body = webhook(
      alert({ instance: 'n1:9100' }),
      alert({ node: 'n2', cluster: 'beta', faultType: 'CpuFailure' }, 'resolved'),
    );
    expect(await post(body, { to, path })).toMatchObject({ status: 202, rejected: [] });
    expect(await stored()).toMatchObject([
      {
        ...good,
        source: 'alertmanager/SmartFailed',
        message: 'disk sda is failing',
        observedAt: '2026-11-23T22:15:00.5Z',
        evidence: { alertname: 'SmartFailed', instance: 'n1:9100' },
      },
      {
        cluster: 'beta',
        node: 'n2',
        type: 'CpuFailure',
        status: 'cleared',
        observedAt: '2026-11-23T22:20:00Z',
      },
    ]);
  });

  it('is answered per alert: what has no type, node or cluster is rejected, what was left out too', async () => {
    const body = {
      ...webhook(
        alert({ node: 'n1', cluster: 'alpha', faultType: 'DiskFailure' }),
        alert({ node: 'n1', cluster: 'alpha' }),
        alert({ cluster: 'alpha', faultType: 'DiskFailure' }),
        'nonsense',
      ),
      truncatedAlerts: 3,
    };
    const answer = await post(body, { path });
    expect(answer.accepted).toHaveLength(1);
    expect(answer.rejected.map((rejection) => rejection.path)).toEqual([
      '$.alerts[1]',
      '$.alerts[2].node',
      '$.alerts[3]',
      '$.truncatedAlerts',
    ]);
  });

  it.each([[[]], [{ version: '3', alerts: [] }], [{ version: '4' }], [webhook()]])(
    'is refused: %j',
    async (body) => {
      expect(await post(body, { path })).toMatchObject({ status: 400 });
    },
  );

  it('keeps long labels and texts within the limits instead of losing the alert', async () => {
    const labels = Object.fromEntries(
      Array.from({ length: 80 }, (_, index) => [`label${index}`, 'x'.repeat(5_000)]),
    );
    const body = webhook(alert({ cluster: 'alpha', node: 'n1', faultType: 'DiskFailure', ...labels }));
    expect(await post(body, { path })).toMatchObject({ status: 202 });
  });
});

describe('the listener', () => {
  it('says that it lives, and whether it can work', async () => {
    let problems: string[] = [];
    const to = await start();
    const sick = await startIntake({
      eventLog: log,
      schemaIds,
      clock: { now: () => now },
      randomness: { uuid: randomUUID },
      host: '127.0.0.1',
      port: 0,
      health: {
        problems: () => Promise.resolve(problems),
        metrics: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
      },
    });
    open.push(sick);
    expect((await fetch(`${to.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${sick.url}/readyz`)).status).toBe(200);
    problems = ['event log: no broker answers'];
    const answer = await fetch(`${sick.url}/readyz`);
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'not ready', problems }]);
    expect((await fetch(`${sick.url}/livez`)).status).toBe(200);
    expect(await (await fetch(`${sick.url}/metrics`)).text()).toBe('up 1\n');
  });
});
