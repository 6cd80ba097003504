import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { systemClock, systemRandomness } from '../../adapters/clock/system-clock.js';
import { accessFromKubeconfig } from '../../adapters/kubernetes/access.js';
import { connectCluster } from '../../adapters/kubernetes/cluster.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { keepPermits } from '../../services/guard/keep-permits.js';
import { Workload } from '../../services/workload.js';
import { startKubernetes, type KubernetesStack } from '../../stack/kubernetes.js';
import { startTestServer, type TestServer } from '../cli/faultline-server.js';
import { runCommand, type Ran } from '../cli/run-command.js';
import { silentLog } from '../services/silent-log.js';
import { repository } from './repository-files.js';

const minute = 60_000;
const patience = { timeout: minute, interval: 100 };
let folder = '';
let kubernetes: KubernetesStack | undefined;

/** kubectl as an identity; rejects with all that it printed. */
async function kubectl(identity: string, ...args: readonly string[]): Promise<string> {
  if (kubernetes === undefined) throw new Error('Kubernetes has not started');
  const environment = { ...process.env, KUBECONFIG: kubernetes.kubeconfigOf(identity) };
  return (await promisify(execFile)(kubernetes.kubectlProgram, [...args], { env: environment })).stdout;
}

const label = (identity: string, value: string, node = 'n1'): Promise<string> =>
  kubectl(identity, 'label', 'node', node, '--overwrite', value);
const erase = (node: string): Promise<string> => kubectl('admin', 'delete', 'node', node, '--wait=false');
const permitOn = (node: string): Promise<string> =>
  kubectl('admin', 'get', 'node', node, '-o', 'jsonpath={.metadata.labels.faultline\\.dev/permit}');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-policy-'));
  kubernetes = await startKubernetes({
    ...{ name: 'policy', folder, controllerManager: false, scheduler: false, kwok: false },
  });
  await kubectl('admin', 'create', 'namespace', 'faultline');
  await kubectl('admin', 'apply', '-f', join(repository, 'deploy/rbac.yaml'));
  await kubectl('admin', 'create', '-f', join(repository, 'test/deploy/nodes.yaml'));
  const madeAt = Math.floor(Date.now() / 1_000);
  await kubectl('admin', 'apply', '-f', join(repository, 'deploy/delete-node-policy.yaml'));
  // A policy holds a moment after it was written; what is there already may stay, so each try is another one.
  let tries = 0;
  const forge = (): Promise<string> => label('admin', `faultline.dev/permit=forged-${(tries += 1)}`, 'n3');
  await vi.waitFor(() => expect(forge()).rejects.toThrow(/only Faultline writes/), {
    ...{ timeout: minute, interval: 500 },
  });
  // Of a node that was made within the second of the grant it can't be told whether it is an older one's successor.
  await vi.waitFor(() => {
    expect(Math.floor(Date.now() / 1_000)).toBeGreaterThan(madeAt);
  }, patience);
}, 15 * minute);

afterAll(async () => {
  await kubernetes?.stop();
  await rm(folder, { recursive: true, force: true });
}, minute);

/** Faultline with the console over HTTP and, with the rights of its service account, what writes permits. */
async function startFaultline(): Promise<{
  readonly server: TestServer;
  readonly stop: () => Promise<void>;
}> {
  const server = await startTestServer([
    { subject: 'admin', token: 'token-of-admin' },
    { subject: 'deployer', token: 'token-of-deployer' },
  ]);
  for (const subject of ['admin', 'deployer'])
    await writeFile(join(folder, subject), `token-of-${subject}`, { mode: 0o600 });
  await server.journal.upkeep.resume();
  const member = { pool: 'gpu', zone: 'z1', labels: {}, unavailable: false, controlPlane: false };
  const members = ['a/n1', 'a/n2'].map((node) => ({ node: node as NodeKey, ...member }));
  await server.journal.inventory.replace('a', members, Date.now());
  const cluster = connectCluster({
    cluster: 'a',
    access: accessFromKubeconfig(kubernetes?.kubeconfigOf('faultline') ?? '', undefined),
    ...{ clock: systemClock, randomness: systemRandomness, version: 'test' },
  });
  const stopping = new AbortController();
  const ended = keepPermits({
    ...{ clock: systemClock, randomness: systemRandomness, log: silentLog, workload: new Workload() },
    ...{ signal: stopping.signal, cluster, changes: server.journal.changeBook, lookEveryMsNow: () => 100 },
    isWithheld: () => Promise.resolve(false),
  });
  return {
    server,
    stop: async () => {
      stopping.abort();
      await ended;
      await cluster.close();
      await server.stop();
    },
  };
}

it(
  'given the policy, then a node is deleted only with a permit, which only Faultline writes, for as long as there is leave',
  async () => {
    // given
    const faultline = await startFaultline();
    const guardOf =
      (subject: string) =>
      (verb: string, ...words: readonly string[]): Promise<Ran> =>
        runCommand([
          'guard',
          verb,
          ...['--server', faultline.server.url, '--token-file', join(folder, subject)],
          ...words,
        ]);
    const guard = guardOf('admin');
    const asking = ['--operation', 'delete-node', '--reason', 'scrapped'] as const;
    const ask = (node: string, ...words: readonly string[]): Promise<Ran> =>
      guard('ask', node, ...asking, ...words);
    try {
      await expect(erase('n1')).rejects.toThrow(
        /n1 has no permit to be deleted: ask Faultline for leave first/,
      );
      await label('admin', 'example.com/other=1');
      const forged = JSON.stringify({ metadata: { labels: { 'faultline.dev/permit': 'c-forged' } } });
      const status = kubectl(
        'admin',
        'patch',
        'node',
        'n1',
        '--subresource=status',
        '--type=merge',
        '-p',
        forged,
      );
      await expect(status).rejects.toThrow(/only Faultline writes/);
      // when leave is granted, then the permit is there, and goes with it
      const { out } = await ask('a/n2', '-o', 'name');
      const id = out.trim();
      await expect.poll(() => permitOn('n2'), patience).toBe(id);
      await label('admin', 'example.com/other=2', 'n2');
      await expect(label('admin', 'faultline.dev/permit=c-2', 'n2')).rejects.toThrow(/only Faultline writes/);
      await guard('done', id, '--outcome', 'cancelled');
      await expect.poll(() => permitOn('n2'), patience).toBe('');
      await expect(erase('n2')).rejects.toThrow(/n2 has no permit/);
      // when it is somebody else's, then it is of no use: anybody could use it
      const others = (await guardOf('deployer')('ask', 'a/n2', ...asking, '-o', 'name')).out.trim();
      await expect.poll(() => permitOn('n2'), patience).toBe(others);
      await expect(erase('n2')).rejects.toThrow(
        /the permit to delete node n2 is that of deployer, and you are admin/,
      );
      const mine = 'faultline.dev/permit-owner=admin';
      await expect(kubectl('admin', 'annotate', 'node', 'n2', '--overwrite', mine)).rejects.toThrow(
        /only Faultline writes/,
      );
      await guardOf('deployer')('done', others, '--outcome', 'cancelled');
      // when it is deleted by the way that docs/guard.md names
      const program = `${kubernetes?.kubectlProgram} --cache-dir ${folder} --kubeconfig ${kubernetes?.kubeconfigOf('admin')}`;
      const script = `${program} wait node/n1 --timeout=60s \
        --for=jsonpath='{.metadata.labels.faultline\\.dev/permit}'=$FAULTLINE_CHANGE_ID && ${program} delete node n1`;
      const { code, err } = await ask('a/n1', '--', '/bin/sh', '-c', `{ ${script}; } > ${folder}/deleted`);
      // then
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(await readFile(join(folder, 'deleted'), 'utf8')).toContain('"n1" deleted');
    } finally {
      await faultline.stop();
    }
  },
  2 * minute,
);
