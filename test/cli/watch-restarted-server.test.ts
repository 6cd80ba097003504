import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { freePorts } from '../../adapters/loopback/free-port.js';
import { packageRoot } from '../../schemas/package-root.js';
import { buildFaultline } from '../../stack/faultline-process.js';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../world/kubernetes/api-server.js';
import { realTimeClock } from '../../world/real-time-clock.js';
import { runCommand, shippedCommand } from './run-command.js';
import { startRun, type RunningCommand } from './running-command.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-watch-'));
const nodes = ['n1', 'n2', 'n3', 'n4'];
const soon = { timeout: 60_000, interval: 200 };
const cleanups: (() => Promise<unknown>)[] = [];
let cluster: SimulatedApiServer;
let configuration: string;
let faultline: RunningCommand | undefined;

beforeAll(async () => {
  await buildFaultline();
  const [port = 0, clusterPort = 0] = await freePorts(2);
  cluster = await startSimulatedApiServer({ clock: realTimeClock(), port: clusterPort, token: 't' });
  for (const name of nodes) {
    cluster.kubelets.registerNode({
      name,
      nodeInfo: { bootID: `boot-${name}` },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    });
  }
  const kubeconfig = join(folder, 'kubeconfig.yaml');
  const access = {
    clusters: [{ name: 'a', cluster: { server: `http://127.0.0.1:${clusterPort}` } }],
    users: [{ name: 'a', user: { token: 't' } }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
  };
  writeFileSync(
    kubeconfig,
    stringify({ apiVersion: 'v1', kind: 'Config', ...access, 'current-context': 'a' }),
  );
  configuration = join(folder, 'faultline.yaml');
  const sections = {
    installation: { dataFolder: 'data' },
    http: { listen: `127.0.0.1:${port}` },
    clusters: [{ name: 'a', kubeconfig, mode: 'active' }],
    guard: { operations: { isolate: { share: 1, rate: 100, per: '1m' } } },
  };
  writeFileSync(configuration, stringify(sections));
}, 180_000);
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
afterAll(async () => {
  await faultline?.stop();
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Polling is for tests: not in a hook. */
async function running(): Promise<RunningCommand> {
  faultline ??= await startRun(configuration);
  return faultline;
}

async function stop(): Promise<void> {
  await faultline?.stop();
  faultline = undefined;
}

/** The shipped command, going on. */
async function going(...words: readonly string[]) {
  const child = spawn(process.execPath, shippedCommand([...words, '--server', (await running()).url]), {
    cwd: packageRoot(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (written.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (written.err += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  cleanups.push(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return { written, ended, interrupt: () => child.kill('SIGINT') };
}

async function report(node: string): Promise<void> {
  const body = { cluster: 'a', node, type: 'KernelDeadlock', status: 'firing', source: 'test' };
  expect(await (await running()).post('/v1/reports', body)).toBe(202);
}

async function printed(...words: readonly string[]): Promise<readonly string[]> {
  const { code, out } = await runCommand([...words, '-o', 'jsonl', '--server', (await running()).url]);
  expect(code).toBe(0);
  return linesOf(out);
}

function linesOf(out: string): readonly string[] {
  return out.split('\n').filter((line) => line !== '');
}

function versionsIn(lines: readonly string[]): readonly number[] {
  return lines.map((line) => (JSON.parse(line) as { version: number }).version);
}

function stageless(line: string): string {
  const { node, factVersion } = JSON.parse(line) as { node: string; factVersion: number };
  return `${node} ${factVersion}`;
}

describe('given commands that watch, and a server that is restarted', () => {
  it('then each says once that it waits for the server, and goes on without a gap: --watch ended with the server', async () => {
    await report('n1');
    await expect.poll(() => printed('get', 'processes', '--active'), soon).toHaveLength(1);
    const rows = await going('get', 'nodes', '--watch', '-o', 'jsonl');
    const facts = await going('history', 'a/n1', '--watch', '-o', 'jsonl');
    const events = await going(
      'events',
      '--follow',
      '--from',
      'beginning',
      '--topic',
      'maintenance.events',
      '-o',
      'json',
    );
    await expect.poll(() => rows.written.out, soon).toContain('"n1"');
    await expect.poll(() => facts.written.out, soon).toContain('ProcessStarted');
    await expect.poll(() => events.written.out, soon).toContain('n1');

    await stop();
    for (const { written } of [rows, facts, events])
      await expect.poll(() => written.err, soon).toContain('waiting for the server: ');
    // Before or after they have come again: it must make no difference.
    for (const node of ['n2', 'n3', 'n4']) await report(node);
    await expect.poll(() => printed('get', 'processes', '--active'), soon).toHaveLength(4);

    const lastRows = () =>
      nodes.map(
        (node) => linesOf(rows.written.out).findLast((line) => line.includes(`"node":"${node}"`)) ?? '{}',
      );
    await expect
      .poll(
        async () =>
          lastRows().map(stageless).join() === (await printed('get', 'nodes')).map(stageless).join(),
        soon,
      )
      .toBe(true);
    await expect
      .poll(
        async () =>
          versionsIn(linesOf(facts.written.out)).join() ===
          versionsIn(await printed('history', 'a/n1')).join(),
        soon,
      )
      .toBe(true);
    const told = async () => (await printed('history', 'a/n4')).length;
    await expect
      .poll(
        async () =>
          linesOf(events.written.out).filter((line) => line.includes('"n4"')).length === (await told()),
        soon,
      )
      .toBe(true);
    for (const { written } of [rows, facts, events]) {
      expect(written.err.match(/waiting for the server/g)).toHaveLength(1);
      expect(written.err).toContain('the server answers again');
    }
  }, 180_000);

  it('when it is interrupted, then it ends with 130', async () => {
    const rows = await going('get', 'nodes', '--watch');
    await expect.poll(() => rows.written.out, soon).toContain('a/n1');
    rows.interrupt();
    expect(await rows.ended).toBe(130);
  });

  it('when the server never comes back, then --timeout ends it with 5', async () => {
    const words = ['get', 'node', 'a/n1', '--watch', '--until', 'health=deleted'];
    const rows = await going(...words, '--timeout', '4s', '-o', 'name');
    await expect.poll(() => rows.written.out, soon).toContain('a/n1');
    await stop();
    expect(await rows.ended).toBe(5);
    expect(rows.written.err).toMatch(/^error \(TimedOut\): health=deleted was not reached within 4 s$/m);
  }, 60_000);
});
