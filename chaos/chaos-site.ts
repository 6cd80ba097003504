import { appendFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startKafka, type KafkaStack } from '../stack/kafka.js';
import { startKubernetes, type KubernetesStack } from '../stack/kubernetes.js';
import { kill9Postgres, removePostgres, startPostgres } from '../stack/postgres.js';
import { startSchemaRegistry } from '../stack/schema-registry.js';
import { journalSection, type Cleanups } from '../stack/site.js';
import { freePorts } from '../stack/free-port.js';
import { startToxiproxy, type ToxiproxyStack } from '../stack/toxiproxy.js';
import { seededRandom } from '../world/random.js';
import { Audience } from './audience.js';
import { clusterName } from './copy-configuration.js';
import { routeNames, type RouteName } from './cuts.js';
import { HttpGate, type SeenExchange } from './gates/http-gate.js';
import { startMachines, type Machines } from './machines.js';
import { untilItWorks } from './patience.js';

const minutePatience = { patienceMs: 60_000, everyMs: 250 };

/** A PostgreSQL that is killed and comes back on its port with its data. */
export interface MortalPostgres {
  readonly folder: string;
  readonly connectionString: string;
  kill9(): void;
  startAgain(): Promise<void>;
}

export interface ChaosSite {
  readonly folder: string;
  readonly kafka: KafkaStack;
  readonly registry: string;
  readonly postgres: MortalPostgres;
  readonly kubernetes: KubernetesStack;
  readonly machines: Machines;
  readonly toxiproxy: ToxiproxyStack;
  /** URL of those whom Faultline tells of it by HTTP. */
  readonly audience: string;
  /** Port of each way that can be cut. */
  readonly ways: Readonly<Record<RouteName, number>>;
}

async function startMortalPostgres(
  cleanups: Cleanups,
  folder: string,
  port: number,
): Promise<MortalPostgres> {
  const start = () => startPostgres({ folder, port, maxConnections: 400 });
  let server = await start();
  cleanups.add(async () => {
    await server.stop();
    await removePostgres(folder);
  });
  return {
    folder,
    connectionString: server.connectionString,
    kill9: () => {
      kill9Postgres(server);
    },
    async startAgain() {
      // Processes of the killed server may still hold its memory.
      server = await untilItWorks(start, minutePatience);
    },
  };
}

async function startKubernetesWithNodes(
  cleanups: Cleanups,
  folder: string,
  { nodes, seed }: { readonly nodes: number; readonly seed: string },
): Promise<{ readonly kubernetes: KubernetesStack; readonly machines: Machines }> {
  const kubernetes = await startKubernetes({
    name: clusterName,
    folder: join(folder, 'kubernetes'),
    nodeMonitorGraceSeconds: 90,
  });
  cleanups.add(() => kubernetes.stop());
  await untilItWorks(
    () => kubernetes.kubectl('get', 'namespace', 'kube-node-lease', 'default'),
    minutePatience,
  );
  await kubernetes.kubectl('apply', '-f', join(import.meta.dirname, '../deploy/rbac.yaml'));
  const machines = await startMachines(cleanups, { kubernetes, nodes, seed });
  await kubernetes.kubectl(
    ...['create', 'deployment', 'web', '--image=none', `--replicas=${Math.ceil(nodes / 2)}`],
  );
  return { kubernetes, machines };
}

/** Everything but Faultline, with a way to each of its parts that can be cut. What fails half-way is in `cleanups`. */
export async function startChaosSite(
  cleanups: Cleanups,
  options: { readonly folder: string; readonly nodes: number; readonly seed: string },
): Promise<ChaosSite> {
  const { folder } = options;
  await mkdir(folder, { recursive: true });
  const [way1 = 0, way2 = 0, way3 = 0, postgresWay = 0, kubernetesWay = 0, ...servers] = await freePorts(9);
  const [broker1 = 0, broker2 = 0, broker3 = 0, postgresPort = 0] = servers;
  const proxied = [
    { port: broker1, advertisedPort: way1 },
    { port: broker2, advertisedPort: way2 },
    { port: broker3, advertisedPort: way3 },
  ];
  const [kafka, registry, postgres, cluster] = await Promise.all([
    startKafka({ brokers: 3, folder: join(folder, 'kafka'), proxied }),
    startSchemaRegistry({ folder: join(folder, 'schema-registry') }),
    startMortalPostgres(cleanups, join(folder, 'postgres'), postgresPort),
    startKubernetesWithNodes(cleanups, folder, options),
  ]);
  cleanups.add(() => Promise.all([kafka.stop(), registry.stop()]));
  const ways = {
    'kafka-1': way1,
    'kafka-2': way2,
    'kafka-3': way3,
    postgres: postgresWay,
    kubernetes: kubernetesWay,
  };
  const upstreams = {
    'kafka-1': broker1,
    'kafka-2': broker2,
    'kafka-3': broker3,
    postgres: postgresPort,
    kubernetes: Number(new URL(cluster.kubernetes.server).port),
  };
  const toxiproxy = await startToxiproxy({
    folder,
    routes: routeNames.map((name) => ({ name, port: ways[name], upstreamPort: upstreams[name] })),
    seed: 1,
  });
  cleanups.add(() => toxiproxy.stop());
  const audience = await Audience.start(folder, seededRandom(options.seed).fork('audience'));
  cleanups.add(() => audience.stop());
  return {
    ...{ folder, kafka, registry: registry.url, postgres, ...cluster, toxiproxy, ways },
    audience: audience.url,
  };
}

/** The authority that signed the API server's certificate. */
export function certificateAuthorityOf({ folder }: ChaosSite): Promise<string> {
  return readFile(join(folder, 'kubernetes', 'certificates', 'apiserver.crt'), 'utf8');
}

/** Section `journal` of a copy that reaches PostgreSQL by `port`. */
export function journalVia(site: ChaosSite, folder: string, port: number): Promise<object> {
  const connection = new URL(site.postgres.connectionString);
  connection.port = String(port);
  return journalSection({ folder, connectionString: connection.href });
}

/** A gate before a BMC or a webhook that writes down what changed something there, with the command that it was for. */
export function startRecordingGate(upstream: string, log: string): Promise<HttpGate> {
  const onExchange = ({ method, path, body, status, headers }: SeenExchange): void => {
    if (method === 'GET') return;
    const command = headers['x-faultline-command'];
    const line = { at: Date.now(), method, path, body, status, command };
    appendFileSync(log, `${JSON.stringify(line)}\n`);
  };
  return HttpGate.start({ upstream, onExchange });
}
