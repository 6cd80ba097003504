import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { ITopicMetadata } from 'kafkajs';
import { placeName, type PartitionBounds, type TopicSpecification } from '../ports/event-log.js';
import { TopicMismatch, UnknownTopic } from '../event-log/errors.js';
import type { AdminConnection } from './admin-connection.js';
import { isLeaderMoving } from './kafka-errors.js';
import { newTopic } from './topics/topic-settings.js';

const appearanceCheckMs = 200;
const appearanceDeadlineMs = 15_000;

/** What the event log asks the cluster about its topics. */
export class TopicAdmin {
  private readonly connection: AdminConnection;
  private readonly replicationFactor: number;

  /** `replicationFactor`: of topics that are made; -1: the broker's default. */
  constructor(connection: AdminConnection, replicationFactor: number) {
    this.connection = connection;
    this.replicationFactor = replicationFactor;
  }

  clusterId(): Promise<string> {
    return this.connection.ask(async (admin) => (await admin.describeCluster()).clusterId);
  }

  /** Creates what is missing, with the broker's own append times; refuses topics that are otherwise. */
  async ensure(topics: readonly TopicSpecification[]): Promise<void> {
    await this.connection.ask(async (admin) => {
      const present = new Set(await admin.listTopics());
      const missing = topics.filter(({ topic }) => !present.has(topic));
      // False: another process makes one of them at the same time, which the check below waits for and looks at.
      if (missing.length > 0) {
        await admin.createTopics({
          // KafkaJS fails when a broker does not tell of a topic yet that was made a moment ago; below they are waited for.
          waitForLeaders: false,
          topics: missing.map((topic) => newTopic(topic, this.replicationFactor)),
        });
      }
    });
    for (const specification of topics) {
      const { partitions } = await this.describeCreated(specification.topic);
      if (partitions.length !== specification.partitions) {
        throw new TopicMismatch(
          `topic ${specification.topic} has ${partitions.length} partitions, not ${specification.partitions}: \`faultline topics plan\` shows what to do`,
        );
      }
    }
    await this.checkTimestamps(topics.map(({ topic }) => topic));
  }

  bounds(topic: string): Promise<readonly PartitionBounds[]> {
    return this.connection.ask(async (admin) => {
      const offsets = await admin.fetchTopicOffsets(topic);
      return offsets
        .map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
        .sort((a, b) => a.partition - b.partition);
    }, topic);
  }

  /** Of all partitions of these topics, by the names of their places. */
  async boundsByPlace(topics: readonly string[]): Promise<ReadonlyMap<string, PartitionBounds>> {
    const named = await Promise.all(
      topics.map(async (topic) =>
        (await this.bounds(topic)).map(
          (bounds) => [placeName({ topic, partition: bounds.partition }), bounds] as const,
        ),
      ),
    );
    return new Map(named.flat());
  }

  /** By partition, the offset of the first record that was appended at this time (ms) or later, else of the next one. */
  offsetsSince(topic: string, appendedAt: number): Promise<ReadonlyMap<number, bigint>> {
    return this.connection.ask(async (admin) => {
      const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, appendedAt);
      return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
    }, topic);
  }

  async firstSince(topic: string, partition: number, appendedAt: number): Promise<bigint> {
    const found = (await this.offsetsSince(topic, appendedAt)).get(partition);
    if (found === undefined) throw new UnknownTopic(`${topic} with a partition ${partition}`);
    return found;
  }

  /** Rejects with UnknownTopic. */
  async describe(topic: string): Promise<ITopicMetadata> {
    const found = await this.connection.ask((admin) => admin.fetchTopicMetadata({ topics: [topic] }), topic);
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
        const appears = error instanceof UnknownTopic || isLeaderMoving(error);
        if (!appears || waitedMs >= appearanceDeadlineMs) throw error;
      }
      await pause(appearanceCheckMs);
    }
  }

  async deleteGroup(group: string): Promise<void> {
    await this.connection.ask((admin) => admin.deleteGroups([group]));
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** With a producer's own times, one record from a clock that is ahead makes the broker refuse a whole request. */
  private async checkTimestamps(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return;
    const { resources } = await this.connection.ask((admin) =>
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
        `topic ${resourceName} has message.timestamp.type ${type ?? 'unknown'}: not LogAppendTime: \`faultline topics apply\` sets it`,
      );
    }
  }
}
