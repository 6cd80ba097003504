import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenJournal } from '../../../adapters/journal/options.js';
import { openPostgresJournal } from '../../../adapters/postgres/journal.js';
import { startRecordingGate } from '../../../chaos/chaos-site.js';
import type { NodeKey } from '../../../domain/identifiers.js';
import { buildFaultline, startFaultline, type FaultlineProcess } from '../../../stack/faultline-process.js';
import { journalSection, Cleanups } from '../../../stack/site.js';
import { Bmc } from '../../../world/bmc/bmc.js';
import { startRedfishServer } from '../../../world/bmc/redfish-server.js';
import { startSimulatedApiServer } from '../../../world/kubernetes/api-server.js';
import { Fleet } from '../../../world/machines/fleet.js';
import type { Machine } from '../../../world/machines/machine.js';
import { seededRandom } from '../../../world/random.js';
import { realTimeClock } from '../../../world/real-time-clock.js';
import { defaultOptions, TestClock } from '../journal/harness.js';
import { startTestServer } from '../journal/postgres-server.js';
import { previousReleases, provideRelease } from './previous-release.js';
import { sendReports } from './send-reports.js';

const only = ['intake', 'detector', 'maintenance', 'relay', 'executor'];
const cluster = 'a';
const cleanups = new Cleanups();
// One is enough: what executors do to machines takes its time.
const releases = (await previousReleases()).slice(0, 1);

let folder: string;
let site: Site;
let before: FaultlineProcess;
let after: FaultlineProcess;
let journal: OpenJournal;

interface Site {
  readonly machines: readonly Machine[];
  /** Base URL of all BMCs. */
  readonly bmcs: string;
  readonly kubeconfig: object;
}

/** A cluster of machines that are soon up again. */
async function startSite(): Promise<Site> {
  const clock = realTimeClock();
  const random = seededRandom('rolling');
  const api = await startSimulatedApiServer({ clock, token: 't' });
  cleanups.add(() => api.stop());
  const fleet = new Fleet({
    ...{ nodes: 40, clock, random, link: api.kubelets, image: 'Faultline OS 7' },
    bootMs: [2_000, 4_000],
  });
  fleet.start();
  const { machines } = fleet;
  const bmcs = machines.map((machine) => new Bmc({ machine, clock, random, networkImage: 'Faultline OS 7' }));
  const redfish = await startRedfishServer({ clock, bmcs });
  cleanups.add(() => redfish.stop());
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { server: api.baseUrl } }],
    users: [{ name: cluster, user: { token: api.token } }],
    contexts: [{ name: cluster, context: { cluster, user: cluster } }],
    'current-context': cluster,
  };
  return { machines, bmcs: redfish.baseUrl, kubeconfig };
}

/** Of one release, which reaches BMCs by a gate of its own, so that it is seen who did what. Resolves with its path. */
async function writeConfiguration(release: string, connectionString: string): Promise<string> {
  const gate = await startRecordingGate(site.bmcs, logOf(release));
  cleanups.add(() => gate.stop());
  const machines = site.machines.map(({ name, systemUuid }) => [
    name,
    { systemPath: `/redfish/v1/Systems/${systemUuid}` },
  ]);
  const bmc = { url: gate.url, nodes: Object.fromEntries(machines) as object };
  const kubeconfig = join(folder, 'kubeconfig.json');
  await writeFile(kubeconfig, JSON.stringify(site.kubeconfig));
  const operations = ['isolate', 'migrate', 'delete-pods', 'power'];
  const sections = {
    installation: { dataFolder: join(folder, 'data') },
    http: { listen: '127.0.0.1:0' },
    clusters: [{ name: cluster, kubeconfig, mode: 'active', bmc }],
    mode: { default: 'active' },
    journal: await journalSection({ folder, connectionString }),
    eventLog: { kind: 'embedded', partitions: 4 },
    detector: { inventoryRefreshEvery: '1s' },
    sourcesSettleTime: { default: '1s' },
    guard: {
      // Twelve of forty hang, as they are wanted to.
      breakers: [],
      operations: Object.fromEntries(operations.map((name) => [name, { share: 1, rate: 1_000, per: '1m' }])),
    },
    drivers: { redfish: { observeEvery: '500ms', observeDeadline: '30s' } },
    recipe: { workloadCheck: '1s', verifyInterval: '1s', healthyObservations: 2 },
    faults: { KernelDeadlock: { ladder: [{ workflow: 'reboot', attempts: 50, per: '1h' }] } },
  };
  const file = join(folder, `${release}.yaml`);
  // JSON is YAML.
  await writeFile(file, JSON.stringify(sections));
  return file;
}

const logOf = (release: string): string => join(folder, `${release}.jsonl`);

interface Order {
  readonly path: string;
  readonly body: string;
  readonly status: number;
  readonly command?: string;
}

/** What one release has asked BMCs to do, as far as they did it. */
async function ordersOf(release: string): Promise<readonly string[]> {
  const lines = (await readFile(logOf(release), 'utf8')).trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as Order)
    .filter(({ path, status }) => path.endsWith('ComputerSystem.Reset') && status < 300)
    .map(({ body, command }) => `${body} for ${command ?? 'no command'}`);
}

/** Machines hang, and their agents tell so. */
async function hang(intake: FaultlineProcess, machines: readonly Machine[]): Promise<void> {
  for (const machine of machines)
    machine.showFault({
      ...{ id: `hung ${machine.name}`, type: 'KernelDeadlock', needs: 'reboot', effect: 'none', repairMs: 1 },
    });
  const reports = machines.map(({ name, bootId }) => ({
    ...{ cluster, node: name, type: 'KernelDeadlock', status: 'firing', source: 'agent', bootId },
  }));
  await sendReports(intake, reports);
}

async function recovered(machines: readonly Machine[]): Promise<void> {
  const outcomes = (): Promise<readonly unknown[]> =>
    Promise.all(
      machines.map(async ({ name }) => {
        const node = `${cluster}/${name}` as NodeKey;
        const { rows } = await journal.history.processes({ node, limit: 10 });
        return rows.map(({ outcome, stage, waitingFor }) => outcome ?? waitingFor ?? stage);
      }),
    );
  const wanted = machines.map(() => ['Recovered']);
  await expect.poll(outcomes, { timeout: 120_000, interval: 1_000 }).toEqual(wanted);
}

describe.each(releases)('given executors of $version and of this one', { timeout: 180_000 }, (previous) => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-rolling-'));
    cleanups.add(() => rm(folder, { recursive: true, force: true }));
    const server = await startTestServer();
    cleanups.add(() => server.stop());
    const connectionString = await server.createEmptyDatabase();
    site = await startSite();
    await buildFaultline();
    const clone = await provideRelease(previous);
    const configuration = await writeConfiguration('before', connectionString);
    before = await startFaultline({ configuration, folder, only, clone });
    cleanups.add(() => before.process.stop());
    after = await startFaultline({
      configuration: await writeConfiguration('after', connectionString),
      ...{ folder, only },
    });
    cleanups.add(() => after.process.stop());
    const options = { ...defaultOptions(new TestClock()), outboxPartitions: 4 };
    journal = await openPostgresJournal({ ...options, connectionString });
    cleanups.add(() => journal.close());
  }, 600_000);
  afterAll(() => cleanups.run(), 120_000);

  it('when machines hang, then all are given back, and both have done their part', async () => {
    await Promise.all([hang(before, site.machines.slice(0, 6)), hang(after, site.machines.slice(6, 12))]);
    await recovered(site.machines.slice(0, 12));
    const done = [await ordersOf('before'), await ordersOf('after')];
    expect(done.map((orders) => orders.length > 0)).toEqual([true, true]);
    expect(done.flat()).toHaveLength(24);
  });

  it('when this one is taken back in the midst of it, then the previous one goes on with what was begun', async () => {
    await hang(after, site.machines.slice(12, 16));
    await expect.poll(() => ordersOf('after').then((orders) => orders.length)).toBeGreaterThan(0);
    await after.process.stop();
    await recovered(site.machines.slice(12, 16));
  });

  it('then no command had its effect twice, whoever carried it out', async () => {
    const orders = [...(await ordersOf('before')), ...(await ordersOf('after'))];
    expect(orders).toHaveLength(32);
    expect(new Set(orders)).toHaveLength(32);
    expect(orders.filter((order) => order.endsWith('no command'))).toEqual([]);
  });
});
