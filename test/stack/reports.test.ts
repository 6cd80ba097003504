import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorReport } from '../../cli/forms/doctor.js';
import { subscribeToStream } from '../../packages/client/src/stream-subscription.js';
import { differencesFromCatalog } from '../catalog-differences.js';
import { startCollector, type Collector } from '../adapters/opentelemetry/collector.js';
import { runCommand, spawnCommand } from '../cli/run-command.js';
import { isolations, requestsOfFaultline } from './audit-log.js';
import { badRecords, reportSchemaOf } from './bad-records.js';
import { buildFaultline, startFaultline, type FaultlineProcess } from '../../stack/faultline-process.js';
import { publishedRecords, type PublishedRecord } from './published-records.js';
import { connectRawProducer, type RawProducer } from './raw-producer.js';
import { clusterSection, patience, startRealCluster, type RealCluster } from './real-cluster.js';
import { ReportSender, type IntakeAnswer } from './report-sender.js';
import { Cleanups, startSite, type Site } from '../../stack/site.js';
import { historyTopic, secureStores, users } from './secured-site.js';
import { writeConfiguration } from './site-configuration.js';
import { tellStory } from './story.js';
import { exampleLine, forge, makeTopicAsFaultline, runsReadByAlice, startSubscriber } from './subscribers.js';

const minutes = (count: number): number => count * 60_000;
const cleanups = new Cleanups();
let site: Site;
let cluster: RealCluster;
let configuration = '';
let faultline: FaultlineProcess;
let producer: RawProducer;
let sender: ReportSender;
let collector: Collector;

beforeAll(async () => {
  [site] = await Promise.all([startSite(cleanups, { users }), buildFaultline()]);
  cluster = await startRealCluster(site, 'a', 3);
  collector = await startCollector();
  cleanups.add(() => collector.close());
  const sections = { ...(await secureStores(site)), tracing: { url: collector.url } };
  configuration = await writeConfiguration(site, [clusterSection(cluster)], sections);
  faultline = await startFaultline({ configuration, folder: site.folder });
  cleanups.add(() => faultline.process.stop());
  producer = await connectRawProducer(site);
  sender = new ReportSender(site, faultline.url);
}, minutes(15));

afterEach((context) => tellStory(context, site, [faultline]), minutes(1));
afterAll(() => cleanups.run(), minutes(2));

const node = 'node-0001';
const key = `a/${node}`;
const good = { cluster: 'a', node, type: 'DiskFailure', status: 'firing', source: 'agent' };
const largest = 10 * 1024 * 1024;
const halfJson = '{"cluster":"a","node":';

describe('given the real stack, whose broker and registry let in only whom they know, and one faultline process with the rights of its role', () => {
  it(
    'when a fault is reported by HTTP, then kubectl shows the node tainted and cordoned, by one PATCH',
    async () => {
      expect(await sender.fatesOf(await sender.accepted(good))).toEqual(['OPENED']);
      await expect.poll(() => cluster.value('{.spec.unschedulable}', 'node', node), patience).toBe('true');
      const taint = '{.spec.taints[?(@.key=="faultline.dev/maintenance")].effect}';
      expect(await cluster.value(taint, 'node', node)).toBe('NoSchedule');
      const requests = await requestsOfFaultline(cluster.kubernetes.auditLog);
      expect(isolations(requests, node)).toHaveLength(1);
      expect(requests.filter(({ code }) => code === 403)).toEqual([]);
    },
    minutes(3),
  );
});

describe('given a collector of traces', () => {
  it(
    'then it is told what was done to the node: on a broker that denies by default the tracer waited for its group for ever',
    async () => {
      const names = (): readonly string[] => collector.spans.map(({ name }) => name);
      await expect.poll(names, patience).toContainEqual(expect.stringMatching(/^isolateNode/) as string);
    },
    minutes(3),
  );
});

describe('given `faultline doctor` on this configuration', () => {
  const stores = (checks: DoctorReport['checks']) =>
    checks.filter(({ what }) => /^(event log: Kafka|schema registry)/.test(what));
  const examined = async (path: string): Promise<DoctorReport['checks']> => {
    const { out } = await runCommand(['doctor', '--config', path, '-o', 'json']);
    return stores((JSON.parse(out) as DoctorReport).checks);
  };

  it('then it is content with Kafka and registry', async () => {
    expect((await examined(configuration)).map(({ result }) => result)).toEqual(['ok', 'ok']);
  });

  it('when the certificate of the client is missing, then it says that the registry ends the connection, and may want one', async () => {
    const { schemaRegistry, ...rest } = JSON.parse(await readFile(configuration, 'utf8')) as {
      readonly schemaRegistry: { readonly tls: { readonly certificateAuthorityFile: string } };
    };
    const { certificateAuthorityFile } = schemaRegistry.tls;
    const path = join(site.folder, 'without-certificate.yaml');
    const changed = { ...schemaRegistry, tls: { certificateAuthorityFile } };
    await writeFile(path, JSON.stringify({ ...rest, schemaRegistry: changed }));
    expect((await examined(path)).at(-1)).toMatchObject({
      result: 'failed',
      detail: expect.stringMatching(/^it ends the connection without an answer/) as unknown,
      next: expect.stringContaining('if it wants TLS or a client certificate') as unknown,
    });
  });
});

describe('given a password that Kafka does not take', () => {
  it(
    'when Faultline starts, then one line says which and where and why, and one what to do',
    async () => {
      const { eventLog, ...rest } = JSON.parse(await readFile(configuration, 'utf8')) as {
        readonly eventLog: { readonly sasl: object };
      };
      const passwordFile = join(site.folder, 'wrong.password');
      await writeFile(passwordFile, 'guessed');
      const path = join(site.folder, 'wrong-password.yaml');
      const changed = { ...eventLog, sasl: { ...eventLog.sasl, passwordFile } };
      await writeFile(path, JSON.stringify({ ...rest, eventLog: changed }));
      const { code, out, err } = await spawnCommand(['run', '--config', path]);
      const lines = err.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
      expect(lines).toEqual([
        expect.stringMatching(
          /^error \(DependencyUnavailable\): event log \(Kafka\) at \S+: .*[Aa]uthentication failed/,
        ),
        expect.stringMatching(/^next: .*eventLog \(brokers, tls, sasl\) in .*wrong-password\.yaml/),
      ]);
      expect({ code, out }).toEqual({ code: 1, out: '' });
    },
    minutes(2),
  );
});

const rejectedAt = (path: string): Partial<IntakeAnswer> => ({
  status: 400,
  rejected: [{ index: 0, path, reason: expect.any(String) as string }],
});
const asJson = (change: object): string => JSON.stringify({ ...good, ...change });
const refusals: [string, string | Buffer, string, Partial<IntakeAnswer>][] = [
  ['bytes that are no text', Buffer.from([0xff, 0xfe, 0, 0x80]), 'application/json', { status: 400 }],
  ['half a JSON value', halfJson, 'application/json', { status: 400 }],
  ['no report at all', '[]', 'application/json', { status: 400 }],
  ['of a type that nobody reads', asJson({}), 'application/xml', { status: 415 }],
  ['larger than 10 MB', Buffer.alloc(largest + 1, 0x20), 'application/json', { status: 413 }],
  ['of an unknown fault type', asJson({ type: 'Gremlins' }), 'application/json', rejectedAt('$.type')],
  ['about a node with NUL', asJson({ node: 'node\u0000' }), 'application/json', rejectedAt('$.node')],
];

describe('given bad input by HTTP', () => {
  it(
    'then each answer says what is wrong, and the good report right after is handled',
    async () => {
      const after: string[] = [];
      for (const [name, body, contentType, answer] of refusals) {
        expect(await sender.post(body, contentType), name).toMatchObject({ accepted: [], ...answer });
        after.push(...(await sender.accepted(good)));
      }
      expect(new Set(await sender.fatesOf(after))).toEqual(new Set(['REPEATED']));
    },
    minutes(2),
  );

  it(
    'when one of three lines is bad, then it alone is rejected, with its path',
    async () => {
      const lines = [asJson({}), halfJson, asJson({})].join('\n');
      const answer = await sender.post(lines, 'application/x-ndjson');
      expect(answer).toMatchObject({ status: 202, rejected: [{ index: 1, path: '$[1]' }] });
      expect(await sender.fatesOf(answer.accepted)).toEqual(['REPEATED', 'REPEATED']);
    },
    minutes(2),
  );

  it(
    'when it is odd but a report (10 MB of spaces, NUL, half a surrogate pair, a clock a year off), then it is taken',
    async () => {
      const padded = await sender.post(asJson({}).padEnd(largest, ' '));
      expect(padded).toMatchObject({ status: 202, rejected: [] });
      const year = 366 * 86_400_000;
      const ids = await sender.accepted(
        { ...good, message: 'disk\u0000 \ud800 gone', evidence: { raw: '\udfff' } },
        { ...good, observedAt: new Date(Date.now() - year).toISOString() },
        { ...good, observedAt: new Date(Date.now() + year).toISOString() },
      );
      const fates = await sender.fatesOf([...padded.accepted, ...ids]);
      expect(fates).toEqual(['REPEATED', 'REPEATED', 'REPEATED', 'REPEATED']);
    },
    minutes(2),
  );

  it(
    'when its node does not exist, then a process finds that out and ends, and nothing is written',
    async () => {
      const missing = 'node-9999';
      const ids = await sender.accepted({ ...good, node: missing }, good);
      expect(await sender.fatesOf(ids)).toEqual(['OPENED', 'REPEATED']);
      const ended = async (): Promise<readonly unknown[]> =>
        (await publishedRecords(site, 'maintenance.outcomes'))
          .filter((record) => record.key === `a/${missing}`)
          .map(({ value }) => [value['outcome'], value['reason']]);
      await expect.poll(ended, patience).toEqual([['CANCELLED', 'NodeGone']]);
      const requests = await requestsOfFaultline(cluster.kubernetes.auditLog);
      expect(isolations(requests, missing)).toEqual([]);
    },
    minutes(2),
  );

  it(
    'when it comes a thousand times, then each has its fate and one process handles it',
    async () => {
      const other = 'node-0002';
      const often = Array.from({ length: 1_000 }, () => ({ ...good, node: other }));
      const ids = await sender.accepted(...often);
      expect(new Set(ids).size).toBe(1_000);
      const fates = (await sender.fatesOf(ids)).toSorted();
      expect(fates).toEqual(['OPENED', ...Array.from({ length: 999 }, () => 'REPEATED')]);
      const types = (await publishedRecords(site, 'maintenance.events'))
        .filter((record) => record.key === `a/${other}`)
        .map(({ value }) => value['type']);
      expect(types.filter((type) => type === 'ProcessStarted')).toHaveLength(1);
      expect(types.filter((type) => type === 'FaultOpened')).toHaveLength(1);
    },
    minutes(2),
  );
});

async function partitionOfGood(): Promise<number> {
  const found = (await publishedRecords(site, 'fault.reports')).find((record) => record.key === key);
  if (found === undefined) throw new Error(`no report of ${key} on its topic`);
  return found.partition;
}

const reportId = (number: number): string => `0190a000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const goodEvent = { ...good, status: 'FIRING' };

describe("given a stranger's records on the topics that maintenance reads", () => {
  it(
    'when they are bad, then each is a dead letter with where and why, and the good one right after is handled',
    async () => {
      const { encode } = await reportSchemaOf(site);
      const partition = await partitionOfGood();
      const whole = await encode({ ...goodEvent, reportId: reportId(1) });
      const bad = await badRecords(site, { key, partition, whole });
      const after: string[] = [];
      for (const record of bad) {
        await producer.send([record]);
        after.push(...(await sender.accepted(good)));
      }
      expect(new Set(await sender.fatesOf(after))).toEqual(new Set(['REPEATED']));
      for (const topic of new Set(bad.map((record) => record.topic))) {
        const sent = bad.filter((record) => record.topic === topic);
        // Their keys spread them over partitions; where they came from says in which order they were sent.
        const letters = async (): Promise<readonly PublishedRecord[]> =>
          (await publishedRecords(site, `${topic}.dlt`, 'raw')).toSorted(
            (left, right) => Number(left.headers['dlt_offset']) - Number(right.headers['dlt_offset']),
          );
        await expect.poll(async () => (await letters()).length, patience).toBe(sent.length);
        for (const [index, letter] of (await letters()).entries()) {
          const { name, value, reason } = sent[index] ?? { name: 'none', value: null, reason: /none/ };
          const where = { dlt_topic: topic, dlt_partition: String(partition) };
          expect(letter.headers, name).toMatchObject(where);
          expect(letter.headers['dlt_reason'], name).toMatch(reason);
          expect(letter.value, name).toEqual({
            size: value?.length ?? 0,
            hexadecimal: (value ?? Buffer.alloc(0)).subarray(0, 64).toString('hex'),
          });
        }
      }
      expect(faultline.process.running()).toBe(true);
    },
    minutes(3),
  );

  it(
    'when one is of an unknown type, holds NUL, or is dated a year ahead, then it has its fate like any other',
    async () => {
      const { encode } = await reportSchemaOf(site);
      const inAYear = Date.now() + 366 * 86_400_000;
      const [unknown, nul] = await Promise.all([
        encode({ ...goodEvent, reportId: reportId(2), type: 'Gremlins' }),
        encode({ ...goodEvent, reportId: reportId(3), message: 'disk \u0000 gone' }),
      ]);
      await producer.send([
        { topic: 'fault.reports', key, value: unknown },
        { topic: 'fault.reports', key, value: nul, timestamp: inAYear },
      ]);
      const ids = [reportId(2), reportId(3), ...(await sender.accepted(good))];
      expect(await sender.fatesOf(ids)).toEqual(['IGNORED UnknownFaultType', 'REPEATED', 'REPEATED']);
    },
    minutes(2),
  );

  it(
    'when one has 10 MB, then the broker refuses it to its producer, and nobody else notices',
    async () => {
      const huge = { topic: 'fault.reports', key, value: Buffer.alloc(largest, 1) };
      await expect(producer.send([huge])).rejects.toThrow(/larger than the max|too large/i);
      expect(await sender.fatesOf(await sender.accepted(good))).toEqual(['REPEATED']);
    },
    minutes(2),
  );
});

describe('given faults of hardware and of components', () => {
  it(
    'then what is published of them is as the catalog says',
    async () => {
      const component = { ...good, node: 'node-0003', type: 'KubeletUnhealthy' };
      expect(await sender.fatesOf(await sender.accepted(component))).toEqual(['OPENED']);
      const published = (topic: string) => publishedRecords(site, topic);
      await expect.poll(async () => (await published('fault.component')).length, patience).toBeGreaterThan(0);
      const records = [...(await published('fault.component')), ...(await published('fault.hardware'))];
      expect(records.flatMap(differencesFromCatalog)).toEqual([]);
    },
    minutes(1),
  );
});

describe('given the examples for subscribers, with the credentials of one', () => {
  const topics = ['fault.hardware', 'maintenance.outcomes'];

  it.each(['TypeScript', 'Python', 'Java'] as const)(
    'when the one in %s reads, then it hears each fault and outcome once',
    async (language) => {
      const published = await Promise.all(topics.map((topic) => publishedRecords(site, topic)));
      const lines = published.flat().map(exampleLine).toSorted();
      expect(lines.length).toBeGreaterThan(2);
      const subscriber = await startSubscriber(site, language);
      await expect.poll(async () => (await subscriber.heard()).toSorted(), patience).toEqual(lines);
      expect(await subscriber.output()).not.toMatch(/error|exception/i);
    },
    minutes(4),
  );

  it(
    'when he reads by HTTP in place of Kafka, then he hears the same events under the same ids',
    async () => {
      const published = await Promise.all(topics.map((topic) => publishedRecords(site, topic)));
      const ids: string[] = [];
      const { ended } = subscribeToStream({
        url: faultline.url,
        query: { topic: topics.join(','), from: 'beginning', until: 'now' },
        onEvent: ({ id }) => void ids.push(id),
      });
      await ended;
      expect(ids.toSorted()).toEqual(
        published
          .flat()
          .map(({ headers }) => headers['ce_id'])
          .toSorted(),
      );
    },
    minutes(1),
  );

  it(
    'when the past is published once more to a topic that the rights name, then Faultline makes and fills it, and he reads it',
    async () => {
      await makeTopicAsFaultline(site, historyTopic);
      const { code, out, err } = await runCommand([
        ...['republish', '--config', configuration, '--to', historyTopic, '--run', 'run-1', '-o', 'json'],
      ]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const { events } = JSON.parse(out) as { readonly events: number };
      expect(events).toBeGreaterThan(2);
      const runs = await runsReadByAlice(site, historyTopic, events);
      expect(runs).toEqual(Array.from({ length: events }, () => 'run-1'));
    },
    minutes(1),
  );

  it.each([...topics, historyTopic, 'fault.reports', 'maintenance.signals'])(
    'when he writes to %s, then the broker refuses it',
    async (topic) => {
      await expect(forge(site, topic)).rejects.toThrow(/not authorized/i);
    },
    minutes(1),
  );
});
