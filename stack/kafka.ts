import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { provide } from './cache.js';
import { makeCertificateAuthority, type CertificateAuthority } from './certificates.js';
import { kafkaRecipe } from './component-recipes.js';
import { freePorts } from './free-port.js';
import {
  format,
  settings,
  type BrokerPlace,
  type GuardedListener,
  type ProxiedListener,
} from './kafka-files.js';
import { quickJava, sharedClassesRecipe, withSharedClasses } from './quick-java.js';
import { launch, untilReady, type Supervised } from './supervised.js';

export interface KafkaOptions {
  /** Brokers, each also a controller. Default 1. */
  readonly brokers?: 1 | 3;
  readonly folder: string;
  /**
   * Ports of a second listener on each broker, in their order, for clients that come through a proxy: the brokers then
   * call themselves by the proxies' ports.
   */
  readonly proxied?: readonly ProxiedListener[];
  /**
   * Passwords by name: a further listener on each broker (TLS and SCRAM-SHA-512), by which nobody may do what he was not
   * allowed to.
   */
  readonly users?: Readonly<Record<string, string>>;
}

export interface KafkaBroker {
  readonly address: string;
  /** Of the listener for users, when there are some. */
  readonly guardedAddress: string | undefined;
  readonly process: Supervised;
}

export interface KafkaStack {
  /** `host:port` of each broker, the same for as long as the folder exists in this run. */
  readonly bootstrapServers: readonly string[];
  readonly brokers: readonly KafkaBroker[];
  /** Who issued the certificate of the listeners for users, when there are some, and whose certificates they believe. */
  readonly authority: CertificateAuthority | undefined;
  /** Stops one broker (0 is the first) and keeps its data. Idempotent. */
  stopBroker(index: number): Promise<void>;
  /** SIGKILL to one broker. */
  kill9Broker(index: number): Promise<void>;
  /** Starts a stopped broker on its old port with its old data; resolves when it serves. */
  startBroker(index: number): Promise<void>;
  stop(): Promise<void>;
  pids(): readonly number[];
}

function start(library: string, place: BrokerPlace, javaOptions: readonly string[]): Promise<Supervised> {
  return launch({
    name: `kafka-${place.id}`,
    program: 'java',
    args: [
      '-Xms64m',
      '-Xmx384m',
      ...quickJava,
      ...javaOptions,
      '-Djava.awt.headless=true',
      `-Dlog4j2.configurationFile=file:${join(library, 'log4j2.properties')}`,
      '-cp',
      `${library}/lib/*`,
      'kafka.Kafka',
      join(place.folder, 'server.properties'),
    ],
    log: join(place.folder, 'broker.log'),
    folder: place.folder,
  });
}

/** Whether the broker at `address` answers, and knows `count` brokers in all. */
export async function kafkaAnswers(address: string, count: number): Promise<boolean> {
  const admin = new Kafka({
    clientId: 'stack-readiness',
    brokers: [address],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    // A broker that is just starting may take a request and never answer it.
    requestTimeout: 2_000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    return controller !== null && brokers.length >= count;
  } finally {
    await admin.disconnect();
  }
}

async function clusterIdentity(folder: string): Promise<string> {
  const file = join(folder, 'cluster-id');
  if (!existsSync(file)) await writeFile(file, randomBytes(16).toString('base64url'));
  return readFile(file, 'utf8');
}

async function places(
  { folder, brokers: count = 1, proxied = [], users }: KafkaOptions,
  stores: Pick<GuardedListener, 'keyStoreFile' | 'trustStoreFile'> | undefined,
): Promise<readonly BrokerPlace[]> {
  const ports = await freePorts(count * 3);
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    port: ports[index * 3] ?? 0,
    controllerPort: ports[index * 3 + 1] ?? 0,
    folder: join(folder, `broker-${index + 1}`),
    proxied: proxied[index],
    guarded: users && stores && { port: ports[index * 3 + 2] ?? 0, users, ...stores },
  }));
}

/** Makes the brokers' key and certificate, and resolves with the file of both. */
async function makeKeyStore(folder: string, authority: CertificateAuthority): Promise<string> {
  const { keyFile, certificateFile } = await authority.issue('broker');
  const keyStoreFile = join(folder, 'certificates', 'broker-key-store.pem');
  const both = await Promise.all([keyFile, certificateFile].map((file) => readFile(file, 'utf8')));
  await writeFile(keyStoreFile, both.join(''));
  return keyStoreFile;
}

/** A single broker's, which finds nearly all. */
export const kafkaClassesRecipe = sharedClassesRecipe(kafkaRecipe, async (javaOptions, folder) => {
  const { brokers } = await startBrokers({ folder }, javaOptions);
  const [broker] = brokers;
  if (broker === undefined) throw new RangeError('a Kafka without brokers was started');
  return broker.process;
});

/** Kafka 4.1.1 in KRaft mode; resolves when all brokers know each other. Data stays in `folder` over a stop and a start. */
export async function startKafka(options: KafkaOptions): Promise<KafkaStack> {
  return startBrokers(options, await withSharedClasses(kafkaClassesRecipe));
}

async function startBrokers(options: KafkaOptions, javaOptions: readonly string[]): Promise<KafkaStack> {
  const { brokers: count = 1, folder } = options;
  const library = await provide(kafkaRecipe);
  await mkdir(folder, { recursive: true });
  const authority =
    options.users === undefined ? undefined : await makeCertificateAuthority(join(folder, 'certificates'));
  const stores = authority && {
    keyStoreFile: await makeKeyStore(folder, authority),
    trustStoreFile: authority.certificateFile,
  };
  const all = await places(options, stores);
  const clusterId = await clusterIdentity(folder);
  for (const place of all) {
    await mkdir(place.folder, { recursive: true });
    await writeFile(join(place.folder, 'server.properties'), settings(place, all));
  }
  await Promise.all(all.map((place) => format(place, clusterId)));
  const running = await Promise.all(
    all.map(async (place) => ({
      place,
      address: `127.0.0.1:${place.port}`,
      guardedAddress: place.guarded === undefined ? undefined : `127.0.0.1:${place.guarded.port}`,
      process: await start(library, place, javaOptions),
    })),
  );
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((broker) => broker.process.stop()));
  };
  const at = (index: number): (typeof running)[number] => {
    const broker = running[index];
    if (broker === undefined) throw new RangeError(`no broker ${index}; there are ${count}, counted from 0`);
    return broker;
  };
  try {
    await Promise.all(running.map((one) => untilReady(one.process, () => kafkaAnswers(one.address, count))));
  } catch (problem) {
    await stop();
    throw problem;
  }
  return {
    bootstrapServers: running.map((broker) => broker.address),
    brokers: running,
    authority,
    stop,
    pids: () => running.filter((broker) => broker.process.running()).map((broker) => broker.process.pid),
    stopBroker: (index) => at(index).process.stop(),
    kill9Broker: (index) => at(index).process.kill9(),
    async startBroker(index) {
      const broker = at(index);
      if (broker.process.running()) return;
      broker.process = await start(library, broker.place, javaOptions);
      await untilReady(broker.process, () => kafkaAnswers(broker.address, 1));
    },
  };
}
