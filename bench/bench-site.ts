import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { buildFaultline, startFaultline, type FaultlineProcess } from '../stack/faultline-process.js';
import { startKubernetes, type KubernetesStack } from '../stack/kubernetes.js';
import { journalSection, startSite, type Cleanups, type Site } from '../stack/site.js';
import { progress } from './progress.js';

/** Name of the cluster, and first half of every node's key. */
export const clusterName = 'a';

/** The real stack with a Kubernetes API server that nothing but Faultline and the benchmark talks to. */
export interface BenchSite {
  readonly stack: Site;
  readonly kubernetes: KubernetesStack;
  readonly partitions: number;
  /** Folder into which each process of Faultline writes its CPU profile; undefined: none. */
  readonly profiles: string | undefined;
}

const patienceMs = 30_000;

async function untilThere(kubernetes: KubernetesStack): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      await kubernetes.kubectl('get', 'namespace', 'kube-node-lease', 'default');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(200);
    }
  }
}

/** Starts everything and compiles Faultline. What was started is in `cleanups`, also when something fails on the way. */
export async function startBenchSite(
  cleanups: Cleanups,
  options: { readonly partitions: number; readonly profiles?: string | undefined },
): Promise<BenchSite> {
  progress('starting Kafka, PostgreSQL, registry and API server');
  const [stack] = await Promise.all([startSite(cleanups), buildFaultline()]);
  // Without controllers, scheduler and kubelets: their work is no part of what is measured.
  const kubernetes = await startKubernetes({
    name: clusterName,
    folder: join(stack.folder, 'kubernetes'),
    controllerManager: false,
    scheduler: false,
    kwok: false,
  });
  cleanups.add(() => kubernetes.stop());
  await untilThere(kubernetes);
  await kubernetes.kubectl('apply', '-f', join(import.meta.dirname, '../deploy/rbac.yaml'));
  return { stack, kubernetes, partitions: options.partitions, profiles: options.profiles };
}

const operations = ['isolate', 'migrate', 'delete-pods', 'restart-component', 'power', 'reimage'];

async function writeConfiguration(site: BenchSite, mode: 'active' | 'observe'): Promise<string> {
  const { stack, kubernetes } = site;
  const kubeconfig = kubernetes.kubeconfigOf('faultline');
  const configuration = {
    installation: { dataFolder: 'data' },
    http: { listen: '127.0.0.1:0' },
    clusters: [{ name: clusterName, kubeconfig, mode }],
    mode: { default: mode },
    eventLog: { kind: 'kafka', partitions: site.partitions, brokers: stack.kafka.bootstrapServers },
    journal: await journalSection(stack),
    schemaRegistry: { kind: 'confluent', url: stack.registry.url, register: true },
    // Nobody renews leases here. Budgets are open: what is measured is not the guard's patience.
    detector: { leaseStaleAfter: '7d', inventoryRefreshEvery: '30s' },
    guard: {
      breakers: [],
      budgets: [],
      operations: Object.fromEntries(
        operations.map((name) => [name, { share: 1, rate: 1_000_000, per: '1m' }]),
      ),
    },
  };
  const path = join(stack.folder, `faultline-${mode}.yaml`);
  await writeFile(path, JSON.stringify(configuration, null, 2));
  return path;
}

/** The shipped command, all services in one process of its own, on this site. The caller stops it. */
export async function startOnSite(site: BenchSite, mode: 'active' | 'observe'): Promise<FaultlineProcess> {
  const configuration = await writeConfiguration(site, mode);
  const profiling = site.profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${site.profiles}`];
  return startFaultline({ configuration, folder: site.stack.folder, nodeOptions: profiling });
}
