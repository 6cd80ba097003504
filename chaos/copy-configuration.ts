import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { subscribers, webhookSecret } from './audience.js';

/** Where one copy finds everything, and what all copies have in common. */
export interface CopyAddresses {
  /** Port of its own API. */
  readonly port: number;
  readonly brokers: readonly string[];
  /** Section `journal`. */
  readonly journal: object;
  readonly registry: string;
  readonly kubeconfig: string;
  readonly bmcs: string;
  readonly webhook: string;
  /** Whoever is told by HTTP. */
  readonly audience: string;
}

export const clusterName = 'a';
/** From then on a stage is overdue, and has to be seen to be. */
export const stageMaximumAgeSeconds = 60;

const operations = ['isolate', 'migrate', 'delete-pods', 'restart-component', 'power', 'reimage'];
const often = { attempts: 50, per: '1h' };
const ladder = (...workflows: readonly string[]): object => ({
  ladder: workflows.map((workflow) => ({ workflow, ...often })),
});

/** Writes the `faultline.yaml` of one copy, with waits short enough that a process ends within a minute. Resolves with its path. */
export async function writeCopyConfiguration(
  folder: string,
  addresses: CopyAddresses,
  systemOf: ReadonlyMap<string, string>,
): Promise<string> {
  const { port, brokers, journal, registry, kubeconfig, bmcs, webhook, audience } = addresses;
  const nodes = [...systemOf].map(([node, uuid]) => [node, { systemPath: `/redfish/v1/Systems/${uuid}` }]);
  const bmc = { url: bmcs, nodes: Object.fromEntries(nodes) as object };
  const hook = { url: webhook, requestTimeout: '5s' };
  const configuration = {
    installation: { dataFolder: 'data' },
    http: { listen: `127.0.0.1:${port}` },
    clusters: [{ name: clusterName, kubeconfig, mode: 'active', bmc }],
    mode: { default: 'active' },
    eventLog: { kind: 'kafka', partitions: 4, brokers, sessionTimeout: '10s' },
    journal,
    schemaRegistry: { kind: 'confluent', url: registry, register: true },
    // Nodes speak directly to an API server that is killed now and then: silence of a minute says nothing.
    detector: { leaseStaleAfter: '3m', leaseCheckEvery: '20s', inventoryRefreshEvery: '5s' },
    sourcesSettleTime: { default: '1s' },
    executor: { attemptLease: '10s' },
    guard: {
      // A fault every two seconds is what is wanted here, and nobody is there to be asked.
      breakers: [],
      budgets: [],
      operations: Object.fromEntries(operations.map((name) => [name, { share: 1, rate: 1_000, per: '1m' }])),
    },
    tracing: { url: `${audience}/v1/traces`, requestTimeout: '5s' },
    webhooks: await subscriptions(folder, audience),
    drivers: {
      redfish: { requestTimeout: '5s', observeEvery: '1s', observeDeadline: '25s' },
      tickets: hook,
      actions: hook,
    },
    recipe: {
      workloadCheck: '2s',
      verifyInterval: '1s',
      healthyObservations: 2,
      evacuationDeadline: '10s',
      minimumNotice: '2s',
      whenOverdue: 'delete',
      bootDeadline: '30s',
      repairDeadline: '50s',
      repairCheck: '2s',
      verifyDeadline: '40s',
      stageMaximumAge: `${stageMaximumAgeSeconds}s`,
    },
    faults: {
      KernelDeadlock: ladder('reboot', 'reinstall'),
      DiskFailure: ladder('hardware-repair'),
      RuntimeUnhealthy: ladder('component-restart', 'reboot'),
    },
  };
  const path = join(folder, 'faultline.yaml');
  await writeFile(path, JSON.stringify(configuration, null, 2));
  return path;
}

/** Section `webhooks`: each of them is told everything from the beginning. */
async function subscriptions(folder: string, audience: string): Promise<readonly object[]> {
  const secretFile = join(folder, 'webhook.secret');
  await writeFile(secretFile, webhookSecret, { mode: 0o600 });
  return Object.entries(subscribers).map(([name, filter]) => ({
    ...{ name, filter, secretFile, from: 'beginning', requestTimeout: '5s' },
    url: `${audience}/webhooks/${name}`,
  }));
}

/** Faultline's kubeconfig with another way to the API server. Resolves with its path. */
export async function writeKubeconfigVia(folder: string, original: string, server: string): Promise<string> {
  const config = JSON.parse(await readFile(original, 'utf8')) as {
    clusters: { cluster: { server: string } }[];
  };
  for (const { cluster } of config.clusters) cluster.server = server;
  const path = join(folder, 'kubeconfig.json');
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
