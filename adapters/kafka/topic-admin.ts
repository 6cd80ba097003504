import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { Admin, ITopicMetadata, Kafka } from 'kafkajs';
import type { PartitionBounds, TopicSpecification } from '../ports/event-log.js';
import { TopicMismatch, UnknownTopic } from '../event-log/errors.js';
import { asLogError, isUnknownTopic } from './kafka-errors.js';

export interface TopicAdminOptions {
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  /** Largest record batch that a topic takes. */
  readonly maxBatchBytes: number;
}

const appearanceCheckMs = 200;
const appearanceDeadlineMs = 15_000;

/** Questions to the cluster; connects when first asked, and anew after any failure. */
export class TopicAdmin {
  private readonly kafka: Kafka;
  private readonly options: TopicAdminOptions;
  private connecting: Promise<Admin> | undefined;

  constructor(kafka: Kafka, options: TopicAdminOptions) {
    this.kafka = kafka;
    this.options = options;
  }

  clusterId(): Promise<string> {
    return this.ask(async (admin) => (await admin.describeCluster()).clusterId);
  }

  /** Creates what is missing, with the broker's own append times; refuses topics that are otherwise. */
  async ensure(topics: readonly TopicSpecification[]): Promise<void> {
    await this.ask(async (admin) => {
      const present = new Set(await admin.listTopics());
      const missing = topics.filter(({ topic }) => !present.has(topic));
      // False: another process makes one of them at the same time, which the check below waits for and looks at.
      if (missing.length > 0) {
        await admin.createTopics({
          waitForLeaders: true,
          topics: missing.map((topic) => this.asCreated(topic)),
        });
      }
    });
    for (const specification of topics) {
      const { partitions } = await this.describeCreated(specification.topic);
      if (partitions.length !== specification.partitions) {
        throw new TopicMismatch(
          `topic ${specification.topic} has ${partitions.length} partitions, not ${specification.partitions}: they never change`,
        );
      }
    }
    await this.checkTimestamps(topics.map(({ topic }) => topic));
  }

  bounds(topic: string): Promise<readonly PartitionBounds[]> {
    return this.ask(async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets
        .map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
        .sort((a, b) => a.partition - b.partition);
    }, topic);
  }

  /** Offset of the first record that was appended at this time (ms) or later, else of the next one. */
  firstSince(topic: string, partition: number, appendedAt: number): Promise<bigint> {
    return this.ask(async (admin) => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, appendedAt);
      const found = offsets.find((one) => one.partition === partition);
      if (found === undefined) throw new UnknownTopic(`${topic} with a partition ${partition}`);
      return BigInt(found.offset);
    }, topic);
  }

  /** Rejects with UnknownTopic. */
  async describe(topic: string): Promise<ITopicMetadata> {
    const found = await this.ask((admin) => admin.fetchTopicMetadata({ topics: [topic] }), topic);
    const metadata = found.topics.find(({ name }) => name === topic);
    if (metadata === undefined) throw new UnknownTopic(topic);
    return metadata;
  }

  /** A topic that another process made a moment ago takes a while until every broker tells of it. */
  private async describeCreated(topic: string): Promise<ITopicMetadata> {
    for (let waitedMs = 0; ; waitedMs += appearanceCheckMs) {
      try {
        return await this.describe(topic);
      } catch (error) {
        if (!(error instanceof UnknownTopic) || waitedMs >= appearanceDeadlineMs) throw error;
      }
      await pause(appearanceCheckMs);
    }
  }

  async deleteGroup(group: string): Promise<void> {
    await this.ask((admin) => admin.deleteGroups([group]));
  }

  async close(): Promise<void> {
    const admin = await this.connecting?.catch(() => undefined);
    this.connecting = undefined;
    await admin?.disconnect().catch(() => undefined);
  }

  private asCreated({ topic, partitions, retentionMs, compacted }: TopicSpecification) {
    const entries = {
      'message.timestamp.type': 'LogAppendTime',
      'max.message.bytes': `${this.options.maxBatchBytes}`,
      'cleanup.policy': compacted ? 'compact' : 'delete',
      'retention.ms': `${retentionMs}`,
    };
    return {
      topic,
      numPartitions: partitions,
      replicationFactor: this.options.replicationFactor,
      configEntries: Object.entries(entries).map(([name, value]) => ({ name, value })),
    };
  }

  /** With a producer's own times, one record from a clock that is ahead makes the broker refuse a whole request. */
  private async checkTimestamps(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return;
    const { resources } = await this.ask((admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: topics.map((name) => ({
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name,
          configNames: ['message.timestamp.type'],
        })),
      }),
    );
    for (const { resourceName, configEntries } of resources) {
      const type = configEntries[0]?.configValue;
      if (type === 'LogAppendTime') continue;
      throw new TopicMismatch(
        `topic ${resourceName} has message.timestamp.type ${type ?? 'unknown'}: set it to LogAppendTime (kafka-configs.sh --alter --topic ${resourceName} --add-config message.timestamp.type=LogAppendTime)`,
      );
    }
  }

  private async ask<Answer>(question: (admin: Admin) => Promise<Answer>, topic?: string): Promise<Answer> {
    this.connecting ??= this.connect();
    const connecting = this.connecting;
    try {
      return await question(await connecting);
    } catch (error) {
      if (!isUnknownTopic(error) && this.connecting === connecting) await this.close();
      throw asLogError(error, topic);
    }
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin({ retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 4 } });
    try {
      await admin.connect();
      return admin;
    } catch (error) {
      await admin.disconnect().catch(() => undefined);
      throw error;
    }
  }
}
