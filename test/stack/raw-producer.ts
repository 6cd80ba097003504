import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { Site } from '../../stack/site.js';

/** A record as somebody else's producer writes it: nothing of Faultline takes part. */
export interface RawRecord {
  readonly topic: string;
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  /** Where the key does not decide it. */
  readonly partition?: number;
  /** The producer's clock, ms since the epoch. */
  readonly timestamp?: number;
}

export interface RawProducer {
  /** Sends them one by one, in order. Rejects with what the broker says. */
  send(records: readonly RawRecord[]): Promise<void>;
}

/** Makes a topic as an operator would, and waits until it can be written to. */
export async function makeTopic(site: Site, topic: string): Promise<void> {
  const admin = somebodyElse(site).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      topics: [{ topic, numPartitions: 2, replicationFactor: 1 }],
      waitForLeaders: false,
    });
    for (let tries = 0; (await admin.listTopics()).every((name) => name !== topic); tries += 1) {
      if (tries > 100) throw new Error(`the topic ${topic} does not appear`);
      await pause(100);
    }
  } finally {
    await admin.disconnect();
  }
}

function somebodyElse(site: Site): kafkajs.Kafka {
  return new kafkajs.Kafka({
    clientId: 'somebody-else',
    brokers: [...site.kafka.bootstrapServers],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 2 },
  });
}

/** A plain KafkaJS producer; its end is in the site's cleanups. */
export async function connectRawProducer(site: Site): Promise<RawProducer> {
  const producer = somebodyElse(site).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  site.cleanups.add(() => producer.disconnect());
  return {
    async send(records) {
      for (const { topic, key, value, headers, partition, timestamp } of records) {
        const message = {
          key,
          value,
          headers: { ...headers },
          ...(partition === undefined ? {} : { partition }),
          ...(timestamp === undefined ? {} : { timestamp: String(timestamp) }),
        };
        await producer.send({ topic, acks: -1, messages: [message] });
      }
    },
  };
}
