import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startKafka, type KafkaStack } from '../../stack/kafka.js';
import { provideKcat } from '../../stack/kcat.js';
import { startKubernetes, type KubernetesStack } from '../../stack/kubernetes.js';
import { kubeletLabel, kubeletRuns } from '../../stack/kwok-stages.js';
import { startNodeProblemDetector } from '../../stack/node-problem-detector.js';
import { removePostgres, startPostgres } from '../../stack/postgres.js';
import { startRedfish } from '../../stack/redfish.js';
import { startSchemaRegistry } from '../../stack/schema-registry.js';

/** Each look is a program that has to start. */
const patience = { timeout: 60_000, interval: 500 };
const minutes = (count: number): number => count * 60_000;

/** Steps that undo what a test did, run in reverse order also after a failure. */
const cleanups: (() => Promise<void>)[] = [];
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-stack-'));
});
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  await rm(folder, { recursive: true, force: true });
}, minutes(2));

describe('Kafka', () => {
  let kafka: KafkaStack;
  beforeAll(async () => {
    kafka = await startKafka({ folder: join(folder, 'kafka') });
    cleanups.push(() => kafka.stop());
  }, minutes(10));

  it(
    'keeps a record over a stop and a start of the broker, and kcat reads it',
    async () => {
      const client = new Kafka({ brokers: [...kafka.bootstrapServers], logLevel: logLevel.NOTHING });
      const admin = client.admin();
      const producer = client.producer();
      await Promise.all([admin.connect(), producer.connect()]);
      try {
        await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }], waitForLeaders: true });
        await producer.send({ topic: 'kept', acks: -1, messages: [{ key: 'a/n1', value: 'still here' }] });
      } finally {
        await Promise.all([admin.disconnect(), producer.disconnect()]);
      }
      await kafka.stopBroker(0);
      expect(kafka.pids()).toEqual([]);
      await kafka.startBroker(0);
      const address = kafka.bootstrapServers.join(',');
      const arguments_ = ['-b', address, '-C', '-t', 'kept', '-o', 'beginning', '-e', '-q', '-f', '%k=%s\n'];
      await expect
        .poll(async () => (await promisify(execFile)(await provideKcat(), arguments_)).stdout, patience)
        .toBe('a/n1=still here\n');
    },
    minutes(3),
  );
});

describe('the schema registry', () => {
  it(
    'registers a schema, and knows it by the same id after a restart',
    async () => {
      const place = { folder: join(folder, 'schema-registry') };
      const first = await startSchemaRegistry(place);
      cleanups.push(() => first.stop());
      const response = await fetch(`${first.url}/subjects/s/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schema: '"string"' }),
      });
      const { id } = (await response.json()) as { id: number };
      await first.stop();
      const second = await startSchemaRegistry(place);
      cleanups.push(() => second.stop());
      expect(await (await fetch(`${second.url}/schemas/ids/${id}`)).json()).toMatchObject({
        schema: '"string"',
      });
    },
    minutes(5),
  );
});

describe('PostgreSQL', () => {
  it(
    'answers',
    async () => {
      const postgres = await startPostgres({ folder: join(folder, 'postgres') });
      cleanups.push(async () => {
        await postgres.stop();
        await removePostgres(join(folder, 'postgres'));
      });
      const client = new Client({ connectionString: postgres.connectionString });
      await client.connect();
      const { rows } = await client.query(
        `SELECT current_setting('server_version_num')::int / 10000 AS major`,
      );
      await client.end();
      expect(rows).toEqual([{ major: 18 }]);
    },
    minutes(2),
  );
});

describe('Redfish', () => {
  it(
    'turns a machine off and on',
    async () => {
      const uuid = '00000000-0000-4000-8000-000000000001';
      const redfish = await startRedfish({
        systems: [{ uuid, name: 'n1' }],
        folder: join(folder, 'redfish'),
      });
      cleanups.push(() => redfish.stop());
      const system = `${redfish.url}/redfish/v1/Systems/${uuid}`;
      const power = async (): Promise<unknown> =>
        ((await (await fetch(system)).json()) as { PowerState: unknown }).PowerState;
      const reset = async (type: string): Promise<void> => {
        const response = await fetch(`${system}/Actions/ComputerSystem.Reset`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ResetType: type }),
        });
        expect(response.ok).toBe(true);
      };
      expect(await power()).toBe('On');
      await reset('ForceOff');
      await expect.poll(power, patience).toBe('Off');
      await reset('On');
      await expect.poll(power, patience).toBe('On');
    },
    minutes(5),
  );
});

describe('Kubernetes', () => {
  let cluster: KubernetesStack;
  const get = (...args: string[]): Promise<string> => cluster.kubectl('get', '--ignore-not-found', ...args);
  const apply = async (object: object): Promise<void> => {
    const name = join(folder, 'object.json');
    await rm(name, { force: true });
    await appendFile(name, JSON.stringify(object));
    await cluster.kubectl('create', '-f', name);
  };
  const phase = (pod: string): Promise<string> => get('pod', pod, '-o', 'jsonpath={.status.phase}');
  const setKubelet = (value: string): Promise<string> =>
    cluster.kubectl('label', 'node', 'n1', `${kubeletLabel}${value}`, '--overwrite');

  const addNode = async (name: string): Promise<void> => {
    const resources = { cpu: '64', memory: '512Gi', pods: '110' };
    const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ready' };
    const labels = { [kubeletLabel]: kubeletRuns };
    const status = { capacity: resources, allocatable: resources, conditions: [ready] };
    await apply({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, status });
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: '2099-01-01T00:00:00.000000Z' };
    const metadata = { name, namespace: 'kube-node-lease' };
    await vi.waitFor(() => cluster.kubectl('get', 'namespace', 'kube-node-lease'), patience);
    await apply({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
  };

  beforeAll(async () => {
    cluster = await startKubernetes({ name: 'a', folder: join(folder, 'kubernetes') });
    cleanups.push(() => cluster.stop());
    await addNode('n1');
  }, minutes(15));

  it(
    'schedules a pod, starts it, and ends it when it is deleted',
    async () => {
      await cluster.kubectl('run', 'p1', '--image=none');
      await expect.poll(() => phase('p1'), patience).toBe('Running');
      expect(await get('pod', 'p1', '-o', 'jsonpath={.spec.nodeName}')).toBe('n1');
      await cluster.kubectl('delete', 'pod', 'p1', '--wait=false');
      await expect.poll(() => phase('p1'), patience).toBe('');
    },
    minutes(3),
  );

  it(
    'leaves the pods of a machine without a kubelet as they are, until the kubelet is back',
    async () => {
      const runOn = (node: string, pod: string): Promise<string> =>
        cluster.kubectl('run', pod, '--image=none', `--overrides={"spec":{"nodeName":"${node}"}}`);
      await runOn('n1', 'p2');
      await expect.poll(() => phase('p2'), patience).toBe('Running');
      await setKubelet('-');
      await cluster.kubectl('delete', 'pod', 'p2', '--wait=false');
      await runOn('n1', 'p3');
      // The same on a machine that lives, later: once that is over, kwok has had its time for the dead one.
      await addNode('n2');
      await runOn('n2', 'witness');
      await expect.poll(() => phase('witness'), patience).toBe('Running');
      await cluster.kubectl('delete', 'pod', 'witness', '--wait=false');
      await expect.poll(() => phase('witness'), patience).toBe('');
      expect(await phase('p2')).toBe('Running');
      expect(await phase('p3')).toBe('Pending');
      await setKubelet(`=${kubeletRuns}`);
      await expect.poll(() => phase('p2'), patience).toBe('');
      await expect.poll(() => phase('p3'), patience).toBe('Running');
    },
    minutes(3),
  );

  it('never writes to a node from kwok, and its audit log names who wrote', async () => {
    const lines = (await readFile(cluster.auditLog, 'utf8')).trimEnd().split('\n');
    const writes = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const writesByKwok = writes.filter(
      ({ user, level }) => level === 'RequestResponse' && (user as { username: string }).username === 'kwok',
    );
    expect(writesByKwok.length).toBeGreaterThan(0);
    expect(writesByKwok.filter(({ requestURI }) => String(requestURI).startsWith('/api/v1/nodes'))).toEqual(
      [],
    );
  });

  it(
    'gives an identity like a ServiceAccount no right that was not granted',
    async () => {
      const mayPatch = ['auth', 'can-i', 'patch', 'nodes', '--kubeconfig', cluster.kubeconfigOf('faultline')];
      await expect(cluster.kubectl(...mayPatch)).rejects.toThrow();
      await cluster.kubectl('create', 'clusterrole', 'patcher', '--verb=patch', '--resource=nodes');
      const account = '--serviceaccount=faultline:faultline';
      await cluster.kubectl('create', 'clusterrolebinding', 'patcher', '--clusterrole=patcher', account);
      await expect.poll(() => cluster.kubectl(...mayPatch).catch(() => 'no'), patience).toBe('yes\n');
    },
    minutes(2),
  );

  it(
    'shows what the node problem detector finds in a log',
    async () => {
      const logFile = join(folder, 'kernel.log');
      const { server, kubeconfig } = cluster;
      const place = { folder: join(folder, 'detector'), logFile };
      const detector = await startNodeProblemDetector({ node: 'n1', server, kubeconfig, ...place });
      cleanups.push(() => detector.stop());
      const condition = (): Promise<string> =>
        get('node', 'n1', '-o', 'jsonpath={.status.conditions[?(@.type=="ReadonlyFilesystem")].status}');
      await expect.poll(condition, patience).toBe('False');
      const stamp = new Date().toString().slice(4, 10).replace(' 0', '  ');
      const time = new Date().toTimeString().slice(0, 8);
      await appendFile(
        logFile,
        `${stamp} ${time} n1 kernel: [12.5] EXT4-fs: Remounting filesystem read-only\n`,
      );
      await expect.poll(condition, patience).toBe('True');
    },
    minutes(5),
  );
});
