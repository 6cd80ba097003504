import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaEventLog } from '../../../adapters/kafka/event-log.js';
import { freePorts } from '../../../stack/free-port.js';
import { startKafka, type KafkaBroker, type KafkaStack } from '../../../stack/kafka.js';
import { startForgetfulProxy, type ForgetfulProxy } from './forgetful-proxy.js';
import { openKafka } from './open-log.js';
import { readAll, record, texts } from './reading.js';

/** Partitions by topic. */
const topics = { followed: 1, answered: 1, moving: 12 };
let folder: string;
let stack: KafkaStack;
let log: KafkaEventLog;
/** One before each broker, for who comes by the second listener. */
let proxies: readonly ForgetfulProxy[] = [];
let throughProxies: KafkaEventLog;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-kafka-acknowledgements-'));
  const ports = await freePorts(6);
  const proxied = [0, 1, 2].map((broker) => ({
    port: ports[broker] ?? 0,
    advertisedPort: ports[broker + 3] ?? 0,
  }));
  stack = await startKafka({ brokers: 3, folder, proxied });
  proxies = await Promise.all(
    proxied.map(({ port, advertisedPort }) => startForgetfulProxy(advertisedPort, port)),
  );
  log = openKafka(stack.bootstrapServers.join(','));
  await log.ensureTopics(
    Object.entries(topics).map(([topic, partitions]) => ({
      topic,
      partitions,
      retentionMs: -1,
      compacted: false,
    })),
  );
  throughProxies = openKafka(proxied.map(({ advertisedPort }) => `127.0.0.1:${advertisedPort}`).join(','));
}, 600_000);

afterAll(async () => {
  await Promise.all([log.close(), throughProxies.close()]);
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await stack.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** The brokers that have copies of the one partition of a topic, and are not its leader. */
async function followersOf(topic: string): Promise<readonly KafkaBroker[]> {
  const admin = new Kafka({ brokers: [...stack.bootstrapServers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const described = await admin.fetchTopicMetadata({ topics: [topic] });
  const leader = described.topics[0]?.partitions[0]?.leader;
  const { brokers } = await admin.describeCluster();
  await admin.disconnect();
  const leading = brokers.find(({ nodeId }) => nodeId === leader);
  return stack.brokers.filter(({ address }) => address !== `${leading?.host ?? ''}:${leading?.port ?? 0}`);
}

describe('what is acknowledged, on three brokers', () => {
  it('a report was acknowledged by a broker that died before the others had it: given followers that stand still, then nothing is acknowledged', async () => {
    const topic = 'followed';
    await log.append([record(topic, 'a/n1', 'before')]);
    const followers = await followersOf(topic);
    expect(followers).toHaveLength(2);
    for (const { process: broker } of followers) process.kill(broker.pid, 'SIGSTOP');
    let isAcknowledged = false;
    const appending = log.append([record(topic, 'a/n1', 'alone')]).then(() => {
      isAcknowledged = true;
    });
    try {
      // What the leader alone takes is acknowledged within milliseconds.
      await pause(2_000);
      expect(isAcknowledged).toBe(false);
    } finally {
      for (const { process: broker } of followers) process.kill(broker.pid, 'SIGCONT');
      await appending;
    }
    expect(texts(await readAll(log, topic))).toEqual(['before', 'alone']);
  }, 120_000);

  it('a report stood in the log twice, since the answer to its first sending was lost', async () => {
    const topic = 'answered';
    await throughProxies.append([record(topic, 'a/n1', 'before')]);
    for (const proxy of proxies) proxy.loseNextAnswer();
    await throughProxies.append([record(topic, 'a/n1', 'once')]);
    expect(proxies.filter((proxy) => proxy.lost() > 0)).not.toEqual([]);
    expect(texts(await readAll(log, topic))).toEqual(['before', 'once']);
  }, 120_000);

  it('a report was acknowledged and on no broker: given a producer that knows all leaders, when one goes and its partitions move to the others, then all that is acknowledged is there', async () => {
    const topic = 'moving';
    const send = async (round: string): Promise<readonly string[]> => {
      const names = Array.from({ length: 60 }, (_, index) => `${round}-${index}`);
      await log.append(names.map((name) => record(topic, name, name)));
      return names;
    };
    const before = await send('before');
    await stack.stopBroker(0);
    const after = await send('after');
    const found = new Set(texts(await readAll(log, topic)));
    expect([...before, ...after].filter((name) => !found.has(name))).toEqual([]);
  }, 120_000);
});
