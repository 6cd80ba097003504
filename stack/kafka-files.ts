import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildCommand } from './build-command.js';
import { provide, type Recipe } from './cache.js';
import { kafkaRecipe } from './component-recipes.js';
import { quickJava } from './quick-java.js';

export interface ProxiedListener {
  /** Where the broker listens. */
  readonly port: number;
  /** Where the proxy before it does. */
  readonly advertisedPort: number;
}

export interface GuardedListener {
  readonly port: number;
  /** Passwords by name. */
  readonly users: Readonly<Record<string, string>>;
  /** PEM: the broker's key and certificate. */
  readonly keyStoreFile: string;
  /** PEM: the authority whose certificates it believes of clients that show one. */
  readonly trustStoreFile: string;
}

/** Where one broker runs, and what it needs to know of itself. */
export interface BrokerPlace {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  readonly folder: string;
  readonly proxied: ProxiedListener | undefined;
  readonly guarded: GuardedListener | undefined;
}

/** The file that tells a new broker which features its cluster begins with. */
const checkpoint = 'bootstrap.checkpoint';

function listeners({ port, controllerPort, proxied, guarded }: BrokerPlace): readonly string[] {
  const own = `PLAINTEXT://127.0.0.1:${port}`;
  const withUsers = guarded === undefined ? [] : [`GUARDED://127.0.0.1:${guarded.port}`];
  const second = proxied === undefined ? [] : [`PROXIED://127.0.0.1:${proxied.port}`];
  const called = proxied === undefined ? [] : [`PROXIED://127.0.0.1:${proxied.advertisedPort}`];
  return [
    `listeners=${[own, ...withUsers, ...second, `CONTROLLER://127.0.0.1:${controllerPort}`].join(',')}`,
    `advertised.listeners=${[own, ...withUsers, ...called].join(',')}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,GUARDED:SASL_SSL,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
  ];
}

/** Users may do what they were allowed to; whoever comes without a name, by the other listeners, may do all. */
function guards({ guarded }: BrokerPlace): readonly string[] {
  if (guarded === undefined) return [];
  const module = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  return [
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users=User:ANONYMOUS',
    'listener.name.guarded.sasl.enabled.mechanisms=SCRAM-SHA-512',
    `listener.name.guarded.scram-sha-512.sasl.jaas.config=${module} required;`,
    'listener.name.guarded.ssl.keystore.type=PEM',
    `listener.name.guarded.ssl.keystore.location=${guarded.keyStoreFile}`,
    'listener.name.guarded.ssl.truststore.type=PEM',
    `listener.name.guarded.ssl.truststore.location=${guarded.trustStoreFile}`,
    // Asked of all, and held against the authority where it is shown.
    'listener.name.guarded.ssl.client.auth=requested',
  ];
}

/** A broker's `server.properties`. */
export function settings(place: BrokerPlace, all: readonly BrokerPlace[]): string {
  const replicas = all.length;
  const inSync = replicas > 1 ? 2 : 1;
  const internalTopics = ['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'];
  return [
    'process.roles=broker,controller',
    `node.id=${place.id}`,
    `controller.quorum.voters=${all.map((one) => `${one.id}@127.0.0.1:${one.controllerPort}`).join(',')}`,
    ...listeners(place),
    ...guards(place),
    'inter.broker.listener.name=PLAINTEXT',
    'controller.listener.names=CONTROLLER',
    `log.dirs=${join(place.folder, 'data')}`,
    'auto.create.topics.enable=false',
    `default.replication.factor=${replicas}`,
    `min.insync.replicas=${inSync}`,
    ...internalTopics.map((topic) => `${topic}.replication.factor=${replicas}`),
    'offsets.topic.num.partitions=4',
    'transaction.state.log.num.partitions=4',
    `transaction.state.log.min.isr=${inSync}`,
    `share.coordinator.state.topic.min.isr=${inSync}`,
    // Small machine: without these a broker preallocates for hundreds of partitions and waits 3 s for a group's first member.
    'group.initial.rebalance.delay.ms=0',
    'num.network.threads=2',
    'num.io.threads=4',
    'log.segment.bytes=16777216',
    'log.index.size.max.bytes=1048576',
    'log.cleaner.dedupe.buffer.size=4194304',
    '',
  ].join('\n');
}

type Users = GuardedListener['users'];

/** Options of Kafka's own tool; users are in the cluster's log from its first record on. */
function optionsFor(users: Users): readonly string[] {
  return Object.entries(users).flatMap(([name, password]) => [
    '--add-scram',
    `SCRAM-SHA-512=[name="${name}",password="${password}"]`,
  ]);
}

/**
 * What Kafka's own tool writes into an empty folder for a cluster with these users, less what differs by cluster and
 * broker: the tool takes seconds.
 */
function formattedRecipe(users: Users): Recipe {
  const options = optionsFor(users);
  return {
    name: 'kafka-formatted',
    version: kafkaRecipe.version,
    files: [],
    salt: ['1', ...options].join(' '),
    needs: ['java'],
    async build({ output, scratch, log }) {
      const library = await provide(kafkaRecipe);
      const configuration = join(scratch, 'server.properties');
      const alone = { proxied: undefined, guarded: undefined };
      const place = { id: 1, port: 1, controllerPort: 2, folder: scratch, ...alone };
      await writeFile(configuration, settings(place, [place]));
      const id = 'A'.repeat(22);
      const tool = ['-cp', `${library}/lib/*`, 'kafka.tools.StorageTool', 'format'];
      const args = [...quickJava, ...tool, `--cluster-id=${id}`, '-c', configuration, ...options];
      await buildCommand('java', args, { log, folder: scratch });
      await copyFile(join(scratch, 'data', checkpoint), join(output, checkpoint));
    },
  };
}

/** Makes the broker's folder as Kafka's own tool would, with its users if it has any. Idempotent. */
export async function format(place: BrokerPlace, clusterId: string): Promise<void> {
  const data = join(place.folder, 'data');
  const properties = join(data, 'meta.properties');
  if (existsSync(properties)) return;
  await mkdir(data, { recursive: true });
  const formatted = await provide(formattedRecipe(place.guarded?.users ?? {}));
  await copyFile(join(formatted, checkpoint), join(data, checkpoint));
  const directoryId = randomBytes(16).toString('base64url');
  const lines = [
    'version=1',
    `cluster.id=${clusterId}`,
    `node.id=${place.id}`,
    `directory.id=${directoryId}`,
  ];
  await writeFile(properties, `${lines.join('\n')}\n`);
}
