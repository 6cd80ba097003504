import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { systemClock, systemRandomness } from '../../adapters/clock/system-clock.js';
import { configurationFile } from '../../cli/composition/configuration-source.js';
import { startInstallation, type RunningInstallation } from '../../cli/composition/installation.js';
import { serviceNames, type ServiceName } from '../../cli/composition/service-names.js';
import { loadConfiguration } from '../../cli/configuration/load.js';
import { startSimulatedApiServer, type SimulatedApiServer } from '../../world/kubernetes/api-server.js';
import { realTimeClock } from '../../world/real-time-clock.js';
import { silentLog } from '../services/silent-log.js';
import { parseScrape, type Scrape } from './prometheus-text.js';

export interface WholeInstallation {
  /** That which runs now. */
  readonly installation: RunningInstallation;
  readonly cluster: SimulatedApiServer;
  /** Of its `faultline.yaml`. */
  readonly configuration: string;
  /**
   * Stops it, does something while nobody runs, and starts it again with sections that take the place of those before.
   * @param wanted as before, if not given
   */
  restart(sections: object, between?: () => Promise<void>, wanted?: readonly ServiceName[]): Promise<void>;
  scrape(): Promise<Scrape>;
  /** The status of intake's answer. */
  report(...reports: readonly object[]): Promise<number>;
  stop(): Promise<void>;
}

const nodes = ['n1', 'n2', 'n3'];

function kubeconfigFor({ baseUrl, token }: SimulatedApiServer): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'a', cluster: { server: baseUrl } }],
    users: [{ name: 'a', user: { token } }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    'current-context': 'a',
  };
}

async function startCluster(): Promise<SimulatedApiServer> {
  const server = await startSimulatedApiServer({ clock: realTimeClock(), token: 't' });
  for (const name of nodes) {
    server.kubelets.registerNode({
      name,
      providerID: `machine-${name}`,
      nodeInfo: { bootID: `boot-${name}`, osImage: 'os 1' },
      conditions: [{ type: 'Ready', status: 'True' }],
    });
  }
  return server;
}

function start(
  configuration: string,
  wanted: readonly ServiceName[] = serviceNames,
): Promise<RunningInstallation> {
  return startInstallation({
    configuration: loadConfiguration(configuration),
    wanted: new Set(wanted),
    surroundings: {
      clock: systemClock,
      randomness: systemRandomness,
      log: silentLog,
      logOf: () => silentLog,
      environment: {},
      version: '1.2.3-test',
    },
    interrupted: new AbortController().signal,
    source: configurationFile(configuration, () => undefined),
  });
}

/** All of Faultline as `faultline run` composes it, embedded, on a simulated cluster of three nodes. */
export async function startWholeInstallation(
  more: { readonly sections?: object; readonly wanted?: readonly ServiceName[] } = {},
): Promise<WholeInstallation> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-whole-'));
  const cluster = await startCluster();
  const kubeconfig = join(folder, 'kubeconfig.yaml');
  writeFileSync(kubeconfig, stringify(kubeconfigFor(cluster)));
  const configuration = join(folder, 'faultline.yaml');
  const sections = {
    installation: { dataFolder: 'data' },
    http: { listen: '127.0.0.1:0' },
    clusters: [{ name: 'a', kubeconfig, mode: 'active' }],
    mode: { default: 'active' },
    journal: { kind: 'embedded', durability: 'fast' },
    eventLog: { kind: 'embedded', partitions: 2 },
    ...more.sections,
  };
  writeFileSync(configuration, stringify(sections));
  let installation = await start(configuration, more.wanted);
  return {
    get installation() {
      return installation;
    },
    cluster,
    configuration,
    restart: async (other, between, wanted = more.wanted) => {
      await installation.stop();
      await between?.();
      writeFileSync(configuration, stringify({ ...sections, ...other }));
      installation = await start(configuration, wanted);
    },
    scrape: async () => parseScrape(await (await fetch(`${installation.url}/metrics`)).text()),
    report: async (...reports) => {
      const body = JSON.stringify(reports);
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${installation.url}/v1/reports`, { method: 'POST', headers, body })).status;
    },
    stop: async () => {
      await installation.stop();
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
