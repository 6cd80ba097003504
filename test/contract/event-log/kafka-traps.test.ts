import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminConnection } from '../../../adapters/kafka/admin-connection.js';
import { ConsumerCrashed } from '../../../adapters/kafka/group-session.js';
import { KafkaEventLog, type KafkaEventLogOptions } from '../../../adapters/kafka/event-log.js';
import { RecordSender } from '../../../adapters/kafka/record-sender.js';
import { patchRequestQueue } from '../../../packages/protocols/request-queue-patch.js';
import { KafkaSubscription } from '../../../adapters/kafka/subscription.js';
import { TopicAdmin } from '../../../adapters/kafka/topic-admin.js';
import { LogUnavailable, type LogRecord, type NewRecord } from '../../../adapters/ports/event-log.js';
import { startKafka, type KafkaStack } from '../../../stack/kafka.js';
import { describeClient } from './kafka-client.js';
import { describeRefusals } from './kafka-refusals.js';
import { describeStates } from './kafka-states.js';
import { describeTopics, users } from './kafka-topics.js';
import { eventually, Fence, readAll, Reader, record, texts } from './reading.js';

/** What only Kafka and its client can do to us. */
describe('Kafka and the traps of its client', { timeout: 60_000 }, () => {
  const opened: KafkaEventLog[] = [];
  let stack: KafkaStack | undefined;
  let folder = '';

  const running = (): KafkaStack => {
    if (stack === undefined) throw new Error('Kafka was not started');
    return stack;
  };
  const open = (options: Partial<KafkaEventLogOptions> = {}): KafkaEventLog => {
    const log = new KafkaEventLog({
      brokers: running().bootstrapServers,
      clientId: 'traps',
      sessionTimeoutMs: 6000,
      heartbeatIntervalMs: 500,
      retryDelayMs: 20,
      ...options,
    });
    opened.push(log);
    return log;
  };
  const rawKafka = (): kafkajs.Kafka =>
    new kafkajs.Kafka({ brokers: [...running().bootstrapServers], logLevel: kafkajs.logLevel.NOTHING });
  const topicOf = async (log: KafkaEventLog, partitions = 1): Promise<string> => {
    const topic = `traps.${randomUUID()}`;
    await log.ensureTopics([{ topic, partitions, retentionMs: -1, compacted: false }]);
    return topic;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-kafka-traps-'));
    stack = await startKafka({ brokers: 1, folder, users });
  }, 600_000);
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((log) => log.close()));
  }, 60_000);
  afterAll(async () => {
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  describeTopics(running, () => folder);
  describeRefusals(running, () => folder);
  describeClient(running);
  describeStates(running);

  it('arms no timer for a connection on which nothing waits', () => {
    patchRequestQueue();
    const queueClass: unknown = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');
    const prototype: unknown = typeof queueClass === 'function' ? queueClass.prototype : undefined;
    if (typeof prototype !== 'object' || prototype === null) throw new Error('kafkajs has no such class');
    const schedule: unknown = Reflect.get(prototype, 'scheduleCheckPendingRequests');
    if (typeof schedule !== 'function') throw new Error('kafkajs has no such method');
    const idle = { pending: [], throttledUntil: -1, throttleCheckTimeoutId: undefined };
    Reflect.apply(schedule, idle, []);
    expect(idle.throttleCheckTimeoutId).toBeUndefined();
    const busy: { pending: number[]; throttledUntil: number; throttleCheckTimeoutId?: NodeJS.Timeout } = {
      pending: [1],
      throttledUntil: -1,
    };
    Reflect.apply(schedule, busy, []);
    expect(busy.throttleCheckTimeoutId).toBeDefined();
    clearTimeout(busy.throttleCheckTimeoutId);
  });

  it('makes topics whose times are the broker’s own, and refuses those that are not', async () => {
    const log = open();
    await topicOf(log);
    const admin = rawKafka().admin();
    await admin.connect();
    const topic = `traps.${randomUUID()}`;
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: 1, replicationFactor: 1 }],
    });
    await admin.disconnect();
    const wanted = { topic, partitions: 1, retentionMs: -1, compacted: false };
    await expect(log.ensureTopics([wanted])).rejects.toThrow(/LogAppendTime/);
  });

  it('finds the one record that the broker refuses, and keeps its neighbours', async () => {
    const log = open({ maxRecordBytes: 8_000_000 });
    const topic = await topicOf(log);
    const large: NewRecord = { topic, key: 'a/large', value: Buffer.alloc(6_000_000), headers: {} };
    const call = log.append([record(topic, 'a/n1', 'before'), large, record(topic, 'a/n1', 'after')]);
    await expect(call).rejects.toMatchObject({ refusals: [{ record: { key: 'a/large' } }] });
    expect(texts(await readAll(log, topic))).toEqual(['before', 'after']);
  }, 60_000);

  it('compresses with gzip when told to', async () => {
    const log = open({ compression: 'gzip' });
    const topic = await topicOf(log);
    await log.append(['1', '2', '3'].map((text) => record(topic, 'a/n1', text)));
    expect(texts(await readAll(log, topic))).toEqual(['1', '2', '3']);
  });

  it.each(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'INVALID_PRODUCER_EPOCH', 'UNKNOWN_PRODUCER_ID'])(
    'sends again with a new producer after %s',
    async (type) => {
      const log = open();
      const topic = await topicOf(log);
      const kafka = rawKafka();
      const makeProducer = kafka.producer.bind(kafka);
      let made = 0;
      kafka.producer = (config) => {
        const producer = makeProducer(config);
        made += 1;
        if (made === 1)
          producer.sendBatch = () => Promise.reject(Object.assign(new Error('fatal'), { type }));
        return producer;
      };
      const sender = new RecordSender(kafka, { compression: 'none', onTrouble: () => undefined });
      await sender.send([record(topic, 'a/n1', '1')]);
      await sender.send([record(topic, 'a/n1', '2')]);
      await sender.close();
      expect(made).toBe(2);
      expect(texts(await readAll(log, topic))).toEqual(['1', '2']);
    },
  );

  it('keeps its membership during a batch that takes longer than a session', async () => {
    const log = open();
    const topic = await topicOf(log);
    await log.append([record(topic, 'a/n1', '1')]);
    const begin = Date.now();
    const reader = new Reader(log, `group.${randomUUID()}`, [topic], {
      onBatch: () => eventually('more than a session has gone by', () => Date.now() - begin > 9000),
    });
    await reader.has(1, 60_000);
    await log.append([record(topic, 'a/n1', '2')]);
    await reader.has(2, 60_000);
    await reader.subscription.stop();
    expect(reader.assigned).toHaveLength(1);
    expect(texts(reader.records)).toEqual(['1', '2']);
  }, 90_000);

  it('asks startAt again when the broker says that the offset is out of range', async () => {
    const log = open();
    const topic = await topicOf(log);
    await log.append(['0', '1', '2'].map((text) => record(topic, 'a/n1', text)));
    let answers = 0;
    const reader = new Reader(log, `group.${randomUUID()}`, [topic], {
      startAt: () => Promise.resolve((answers += 1) === 1 ? 1000n : 1n),
    });
    await reader.has(2, 60_000);
    await reader.subscription.stop();
    expect(answers).toBeGreaterThan(1);
    expect(texts(reader.records)).toEqual(['1', '2']);
  }, 90_000);

  it('reads on with a new consumer when KafkaJS fetches no more and says nothing', async () => {
    const log = open();
    const topic = await topicOf(log);
    const kafka = rawKafka();
    const makeConsumer = kafka.consumer.bind(kafka);
    let made = 0;
    kafka.consumer = (config) => {
      const consumer = makeConsumer(config);
      made += 1;
      if (made === 1) consumer.resume = () => undefined;
      return consumer;
    };
    const admin = new TopicAdmin(new AdminConnection(kafka), 1);
    const troubles: string[] = [];
    const records: LogRecord[] = [];
    const subscription = new KafkaSubscription(
      {
        kafka,
        admin,
        sessionTimeoutMs: 6000,
        heartbeatIntervalMs: 500,
        maxWaitMs: 100,
        stallCheckMs: 300,
        retryDelayMs: 20,
        onTrouble: (message) => troubles.push(message),
      },
      {
        group: `group.${randomUUID()}`,
        topics: [topic],
        maxBatchRecords: 10,
        startAt: () => Promise.resolve(0n),
        onBatch: (batch) => {
          records.push(...batch.records);
          return Promise.resolve();
        },
      },
    );
    await log.append([record(topic, 'a/n1', '1')]);
    await eventually('the record is read', () => records.length > 0, 30_000);
    await subscription.stop();
    await admin.close();
    expect(texts(records)).toEqual(['1']);
    expect(made).toBe(2);
    expect(troubles).toEqual([expect.stringContaining(`nothing comes from ${topic}/0`)]);
  });

  it('ends with an error when KafkaJS has given up the consumer for good', async () => {
    const log = open({ sessionTimeoutMs: 9_000_000 });
    const topic = await topicOf(log);
    const reader = new Reader(log, `group.${randomUUID()}`, [topic]);
    await expect(reader.subscription.ended).rejects.toThrow(ConsumerCrashed);
    expect(reader.subscription.isHealthy()).toBe(false);
    await reader.subscription.stop();
  }, 60_000);

  it('commits offsets for the eyes of Kafka’s tools', async () => {
    const log = open();
    const [topic, group] = [await topicOf(log), `group.${randomUUID()}`];
    await log.append(['0', '1', '2'].map((text) => record(topic, 'a/n1', text)));
    const reader = new Reader(log, group, [topic]);
    await reader.has(3);
    await reader.subscription.stop();
    const admin = rawKafka().admin();
    await admin.connect();
    const [committed] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    await admin.disconnect();
    expect(committed?.partitions).toMatchObject([{ partition: 0, offset: '3' }]);
  });

  it.each(['stopped', 'killed'])(
    'loses nothing while the broker is %s and started again',
    async (how) => {
      // With sessions as long as in production: a member lost by the outage must not hold up its successor.
      const log = open({ sessionTimeoutMs: 45_000 });
      const topic = await topicOf(log, 3);
      const fence = new Fence();
      const reader = new Reader(log, `group.${randomUUID()}`, [topic], fence);
      await log.append([record(topic, 'a/n0', 'before')]);
      await eventually('the first record', () => fence.handled.length > 0, 30_000);
      await (how === 'killed' ? running().kill9Broker(0) : running().stopBroker(0));
      await expect(log.append([record(topic, 'a/n1', 'refused')])).rejects.toThrow(LogUnavailable);
      await expect(log.identify()).rejects.toThrow(LogUnavailable);
      await running().startBroker(0);
      for (let n = 0; n < 20; n += 1) {
        const one = record(topic, `a/n${n}`, `${n}`);
        await eventually(
          'it is taken',
          () =>
            log.append([one]).then(
              () => true,
              () => false,
            ),
          60_000,
        );
      }
      const all = Array.from({ length: 20 }, (_, n) => `${n}`);
      await eventually(
        'all are read',
        () => all.every((text) => texts(fence.handled).includes(text)),
        30_000,
      );
      await eventually('it is healthy again', () => reader.subscription.isHealthy(), 30_000);
      await reader.subscription.stop();
      expect(reader.failure).toBeUndefined();
    },
    240_000,
  );
});
