import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { freePorts } from '../../adapters/loopback/free-port.js';
import { buildFaultline } from '../../stack/faultline-process.js';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../world/kubernetes/api-server.js';
import { realTimeClock } from '../../world/real-time-clock.js';
import { startRun, type RunningCommand } from './running-command.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-clusters-away-'));
const cleanups: (() => Promise<unknown>)[] = [];
const soon = { timeout: 60_000, interval: 200 };
let ports: readonly number[];

beforeAll(async () => {
  await buildFaultline();
  ports = await freePorts(2);
}, 120_000);
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}, 60_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function portOf(cluster: 'a' | 'b'): number {
  return ports[cluster === 'a' ? 0 : 1] ?? 0;
}

function kubeconfigOf(cluster: 'a' | 'b'): string {
  const path = join(folder, `kubeconfig-${cluster}.yaml`);
  const server = `http://127.0.0.1:${portOf(cluster)}`;
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { server } }],
    users: [{ name: cluster, user: { token: 't' } }],
    contexts: [{ name: cluster, context: { cluster, user: cluster } }],
    'current-context': cluster,
  };
  writeFileSync(path, stringify(kubeconfig));
  return path;
}

/** An API server appears, with ten nodes. */
async function startCluster(cluster: 'a' | 'b'): Promise<SimulatedApiServer> {
  const server = await startSimulatedApiServer({
    clock: realTimeClock(),
    port: portOf(cluster),
    token: 't',
  });
  for (let number = 1; number <= 10; number += 1) {
    server.kubelets.registerNode({
      name: `n${number}`,
      nodeInfo: { bootID: `boot-${number}` },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    });
  }
  cleanups.push(() => server.stop());
  return server;
}

async function run(name: string, clusters: readonly ('a' | 'b')[]): Promise<RunningCommand> {
  const path = join(folder, `${name}.yaml`);
  const configuration = {
    installation: { dataFolder: `data-${name}` },
    http: { listen: '127.0.0.1:0' },
    clusters: clusters.map((cluster) => ({
      name: cluster,
      kubeconfig: kubeconfigOf(cluster),
      mode: 'active',
    })),
    guard: { operations: { isolate: { share: 1, rate: 100, per: '1m' } } },
  };
  writeFileSync(path, stringify(configuration));
  const running = await startRun(path);
  cleanups.push(() => running.stop());
  return running;
}

function reportOn(cluster: 'a' | 'b') {
  return { cluster, node: 'n1', type: 'KernelDeadlock', status: 'firing', source: 'test' };
}

/** Names of the nodes that somebody has written to. */
function written(server: SimulatedApiServer): readonly string[] {
  return server.requests
    .filter(({ resource }) => resource === 'nodes')
    .map(({ name }) => name ?? '')
    .filter((name, index, all) => name !== '' && all.indexOf(name) === index);
}

describe('given a new journal and a cluster whose API server does not answer', () => {
  it('then Faultline lives, says what it waits for, takes reports, and goes on when the cluster appears: nothing listened', async () => {
    const faultline = await run('one', ['a']);
    expect((await fetch(`${faultline.url}/livez`)).status).toBe(200);
    await expect
      .poll(() => faultline.readiness(), soon)
      .toEqual({
        status: 503,
        problems: expect.arrayContaining([
          expect.stringMatching(/^cluster a was not looked at yet.*ECONNREFUSED/),
        ]) as unknown,
      });
    expect(await faultline.post('/v1/reports', reportOn('a'))).toBe(202);
    const told = /cluster a does not answer: nothing is done to its nodes before it was looked at/g;
    expect(faultline.told().match(told)).toHaveLength(1);

    const api = await startCluster('a');

    await expect.poll(() => faultline.readiness(), soon).toEqual({ status: 200, problems: [] });
    await expect.poll(() => written(api), soon).toEqual(['n1']);
  }, 180_000);
});

describe('given a new journal and two clusters of which one does not answer', () => {
  it('then the other one is worked on, and the one that is away as soon as it is back: one held up all', async () => {
    const there = await startCluster('a');
    const faultline = await run('two', ['a', 'b']);
    for (const cluster of ['a', 'b'] as const)
      expect(await faultline.post('/v1/reports', reportOn(cluster))).toBe(202);

    await expect.poll(() => written(there), soon).toEqual(['n1']);
    const { status, problems } = await faultline.readiness();
    expect(status).toBe(503);
    expect(problems.filter((problem) => problem.includes('cluster b'))).toHaveLength(1);
    expect(problems.filter((problem) => problem.includes('cluster a'))).toEqual([]);

    const back = await startCluster('b');

    await expect.poll(() => faultline.readiness(), soon).toEqual({ status: 200, problems: [] });
    await expect.poll(() => written(back), soon).toEqual(['n1']);
  }, 180_000);
});

describe('given that it runs, when its API server goes away', () => {
  it('then it is not ready and says why, takes reports, and acts upon them when the API server is back', async () => {
    const gone = await startCluster('a');
    const faultline = await run('three', ['a']);
    await expect.poll(() => faultline.readiness(), soon).toEqual({ status: 200, problems: [] });

    await gone.stop();

    await expect
      .poll(() => faultline.readiness(), soon)
      .toMatchObject({
        status: 503,
        problems: expect.arrayContaining([expect.stringContaining('cluster a')]) as unknown,
      });
    expect((await fetch(`${faultline.url}/livez`)).status).toBe(200);
    expect(await faultline.post('/v1/reports', reportOn('a'))).toBe(202);

    const back = await startCluster('a');

    await expect.poll(() => faultline.readiness(), soon).toEqual({ status: 200, problems: [] });
    await expect.poll(() => written(back), soon).toEqual(['n1']);
  }, 180_000);
});
