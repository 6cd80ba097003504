import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { provide } from './cache.js';
import { kubernetesRecipe, kwokRecipe } from './component-recipes.js';
import {
  standardIdentities,
  writeAuditPolicy,
  writeKubeconfig,
  writeServiceAccountKeys,
  writeTokens,
  type Identity,
} from './kubernetes-files.js';
import { kubeletLabel, kubeletRuns, kwokConfiguration } from './kwok-stages.js';
import { freePorts } from './free-ports.js';
import { launch, untilReady, type Supervised } from './supervised.js';

export interface KubernetesOptions {
  /** Name of the cluster in the kubeconfigs. */
  readonly name: string;
  readonly folder: string;
  /** Each default true. */
  readonly controllerManager?: boolean;
  readonly scheduler?: boolean;
  readonly kwok?: boolean;
  /** How long a node may be silent before it is NotReady. Default 20. */
  readonly nodeMonitorGraceSeconds?: number;
  /** Further identities beside `standardIdentities`. */
  readonly identities?: readonly Identity[];
}

export interface KubernetesStack {
  readonly name: string;
  readonly server: string;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** JSON lines; each write with its request, response and user. */
  readonly auditLog: string;
  readonly kubectlProgram: string;
  /** Path of the kubeconfig of an identity, e.g. `faultline` or `world`. */
  kubeconfigOf(identity: string): string;
  /** Runs kubectl as the administrator (or with another `--kubeconfig`) and answers its output. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok; in the order of their start. */
  readonly processes: readonly Supervised[];
  stop(): Promise<void>;
  /** SIGKILL to one of the processes, e.g. `kube-apiserver`. Resolves when it is gone. */
  kill9(name: string): Promise<void>;
  /** Starts one that ended, on its old ports with its old data; resolves when it says it is ready. */
  startAgain(name: string): Promise<void>;
  pids(): readonly number[];
}

/** Whether an HTTPS health check says yes. Its certificate is the component's own, made a moment ago; nothing secret is sent. */
export function healthy(url: string, token?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const request = get(
      url,
      { headers, rejectUnauthorized: false, timeout: 2_000, agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => {
      resolve(false);
    });
  });
}

interface Site {
  readonly options: KubernetesOptions;
  readonly folder: string;
  readonly bin: string;
  readonly processes: Supervised[];
  readonly tokens: ReadonlyMap<string, string>;
  readonly parts: Map<string, Part>;
}

interface Part {
  process(): Supervised | undefined;
  /** Resolves when it says it is ready. */
  start(): Promise<void>;
}

function partOf(site: Site, name: string): Part {
  const part = site.parts.get(name);
  if (part === undefined) throw new RangeError(`no ${name}; there are ${[...site.parts.keys()].join(', ')}`);
  return part;
}

async function part(
  site: Site,
  name: string,
  args: readonly string[],
  ready: () => Promise<boolean>,
  program = join(site.bin, name),
): Promise<void> {
  const log = join(site.folder, `${name}.log`);
  const start = (): Promise<Supervised> =>
    launch({ name: `${site.options.name}/${name}`, program, args, log, folder: site.folder });
  const started = await start();
  const place = site.processes.push(started) - 1;
  site.parts.set(name, {
    process: () => site.processes[place],
    async start() {
      const restarted = await start();
      site.processes[place] = restarted;
      await untilReady(restarted, ready);
    },
  });
  await untilReady(started, ready);
}

async function httpOk(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
}

async function startEtcd(site: Site, client: number, peer: number): Promise<string> {
  const url = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  await part(
    site,
    'etcd',
    [
      '--data-dir',
      join(site.folder, 'etcd'),
      '--log-level',
      'warn',
      '--listen-client-urls',
      url,
      '--advertise-client-urls',
      url,
      '--listen-peer-urls',
      peerUrl,
      '--initial-advertise-peer-urls',
      peerUrl,
      '--initial-cluster',
      `default=${peerUrl}`,
    ],
    () => httpOk(`${url}/health`),
  );
  return url;
}

async function startApiServer(site: Site, etcd: string, port: number): Promise<string> {
  const { folder } = site;
  const server = `https://127.0.0.1:${port}`;
  await part(
    site,
    'kube-apiserver',
    [
      `--etcd-servers=${etcd}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(folder, 'certificates')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--endpoint-reconciler-type=none',
      '--allow-privileged',
      '--authorization-mode=RBAC',
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      // It would refuse pods until somebody has made a service account's token for them; kwok's pods need none.
      '--disable-admission-plugins=ServiceAccount',
      `--service-account-issuer=${server}`,
      `--service-account-key-file=${join(folder, 'service-account.pub')}`,
      `--service-account-signing-key-file=${join(folder, 'service-account.key')}`,
      `--audit-policy-file=${join(folder, 'audit-policy.json')}`,
      `--audit-log-path=${join(folder, 'audit.log')}`,
      // One file: a rotated audit log would be a witness with a gap.
      '--audit-log-maxsize=10000',
    ],
    () => healthy(`${server}/readyz`, site.tokens.get('admin')),
  );
  return server;
}

async function startControllerManager(site: Site, port: number): Promise<void> {
  const grace = site.options.nodeMonitorGraceSeconds ?? 20;
  await part(
    site,
    'kube-controller-manager',
    [
      `--kubeconfig=${join(site.folder, 'kubeconfig-controller-manager.json')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(site.folder, 'controller-manager')}`,
      `--service-account-private-key-file=${join(site.folder, 'service-account.key')}`,
      '--use-service-account-credentials=false',
      '--node-monitor-period=2s',
      `--node-monitor-grace-period=${grace}s`,
    ],
    () => healthy(`https://127.0.0.1:${port}/healthz`),
  );
}

async function startScheduler(site: Site, port: number): Promise<void> {
  await part(
    site,
    'kube-scheduler',
    [
      `--kubeconfig=${join(site.folder, 'kubeconfig-scheduler.json')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(site.folder, 'scheduler')}`,
    ],
    () => healthy(`https://127.0.0.1:${port}/readyz`),
  );
}

async function startKwok(site: Site, port: number): Promise<void> {
  const program = join(await provide(kwokRecipe), 'bin', 'kwok');
  const configuration = join(site.folder, 'kwok.yaml');
  await writeFile(configuration, kwokConfiguration());
  await part(
    site,
    'kwok',
    [
      `--kubeconfig=${join(site.folder, 'kubeconfig-kwok.json')}`,
      `--config=${configuration}`,
      '--manage-all-nodes=false',
      `--manage-nodes-with-label-selector=${kubeletLabel}=${kubeletRuns}`,
      '--node-lease-duration-seconds=0',
      `--server-address=127.0.0.1:${port}`,
    ],
    () => httpOk(`http://127.0.0.1:${port}/healthz`),
    program,
  );
}

async function prepare(options: KubernetesOptions, identities: readonly Identity[]): Promise<Site> {
  const bin = join(await provide(kubernetesRecipe), 'bin');
  const { folder } = options;
  if (existsSync(join(folder, 'etcd')))
    throw new Error(`${folder} holds another cluster; choose an empty folder`);
  await mkdir(folder, { recursive: true });
  await writeServiceAccountKeys(folder);
  await writeAuditPolicy(folder);
  return {
    options,
    folder,
    bin,
    processes: [],
    parts: new Map(),
    tokens: await writeTokens(folder, identities),
  };
}

async function startAll(site: Site, identities: readonly Identity[]): Promise<string> {
  const { options, folder } = site;
  const [client = 0, peer = 0, api = 0, manager = 0, scheduler = 0, kwok = 0] = await freePorts(6);
  const server = await startApiServer(site, await startEtcd(site, client, peer), api);
  for (const { name } of identities) {
    await writeKubeconfig({
      folder,
      cluster: options.name,
      server,
      name,
      token: site.tokens.get(name) ?? '',
    });
  }
  await Promise.all([
    options.controllerManager === false ? undefined : startControllerManager(site, manager),
    options.scheduler === false ? undefined : startScheduler(site, scheduler),
    options.kwok === false ? undefined : startKwok(site, kwok),
  ]);
  return server;
}

/**
 * A Kubernetes 1.35 cluster without machines: nodes are objects that a test makes and speaks for (see kwok-stages.ts for what kwok does).
 * May be called again with another folder for another cluster. Resolves when every part says it is ready.
 */
export async function startKubernetes(options: KubernetesOptions): Promise<KubernetesStack> {
  const identities = [...standardIdentities, ...(options.identities ?? [])];
  const site = await prepare(options, identities);
  const { folder, processes } = site;
  const stop = async (): Promise<void> => {
    // Clients before servers: a controller that loses its API server only fills its log.
    for (const process of processes.toReversed()) await process.stop();
  };
  try {
    const server = await startAll(site, identities);
    const kubectlProgram = join(site.bin, 'kubectl');
    const kubeconfigOf = (identity: string): string => join(folder, `kubeconfig-${identity}.json`);
    return {
      name: options.name,
      server,
      kubeconfig: kubeconfigOf('admin'),
      auditLog: join(folder, 'audit.log'),
      kubectlProgram,
      kubeconfigOf,
      processes,
      stop,
      kill9: async (name) => partOf(site, name).process()?.kill9(),
      async startAgain(name) {
        const ended = partOf(site, name);
        if (ended.process()?.running() !== true) await ended.start();
      },
      pids: () => processes.filter((process) => process.running()).map((process) => process.pid),
      async kubectl(...args) {
        const { stdout } = await promisify(execFile)(kubectlProgram, [...args], {
          env: { ...process.env, KUBECONFIG: kubeconfigOf('admin') },
          maxBuffer: 256 * 1024 * 1024,
        });
        return stdout;
      },
    };
  } catch (problem) {
    await stop();
    throw problem;
  }
}
