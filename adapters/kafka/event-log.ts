import kafkajs from 'kafkajs';
import { randomUUID } from 'node:crypto';
import type {
  ConsumeOptions,
  EventLog,
  FollowOptions,
  LogRecord,
  NewRecord,
  PartitionBounds,
  TopicSpecification,
} from '../ports/event-log.js';
import { patchRequestQueue } from '../../packages/protocols/request-queue-patch.js';
import { AppendQueue } from '../event-log/append-queue.js';
import { AdminConnection } from './admin-connection.js';
import { clusterSettings, consumerSettings, type ClusterAccess } from './client-settings.js';
import { readerGroupPrefix } from './rights/access-rules.js';
import { patchRecordFormat } from './record-format-patch.js';
import { readRange } from './range-reader.js';
import { RecordSender } from './record-sender.js';
import { KafkaSubscription } from './subscription.js';
import { TopicAdmin } from './topic-admin.js';
import { maxBatchBytes } from './topics/topic-settings.js';

export interface KafkaEventLogOptions extends ClusterAccess {
  readonly compression?: 'none' | 'gzip';
  /** Of topics that we create. Default -1: the broker's default. */
  readonly replicationFactor?: number;
  /** Default 2 MiB. */
  readonly maxRecordBytes?: number;
  /** How long a fetch waits for a first record. Default 250. */
  readonly maxWaitMs?: number;
  readonly sessionTimeoutMs?: number;
  readonly heartbeatIntervalMs?: number;
  /** A partition from which nothing comes at two looks so far apart, although there is something, is read by a new consumer. Default 30 s. */
  readonly stallCheckMs?: number;
  /** First wait after a failure, doubled up to 5 s. Default 200. */
  readonly retryDelayMs?: number;
  /** Hears of what is tried again. */
  readonly onTrouble?: (message: string) => void;
}

/** The event log of a distributed installation. */
export class KafkaEventLog implements EventLog {
  private readonly options: KafkaEventLogOptions;
  private readonly kafka: kafkajs.Kafka;
  private readonly admin: TopicAdmin;
  private readonly sender: RecordSender;
  private readonly queue: AppendQueue;
  private readonly subscriptions = new Set<KafkaSubscription>();
  private readonly farewells = new Set<Promise<void>>();
  private closing: Promise<void> | undefined;

  constructor(options: KafkaEventLogOptions) {
    patchRequestQueue();
    patchRecordFormat();
    this.options = options;
    this.kafka = new kafkajs.Kafka(clusterSettings(options));
    this.admin = new TopicAdmin(new AdminConnection(this.kafka), options.replicationFactor ?? -1);
    const onTrouble = options.onTrouble ?? (() => undefined);
    this.sender = new RecordSender(this.kafka, { compression: options.compression ?? 'none', onTrouble });
    this.queue = new AppendQueue(
      {
        maxRecordBytes: options.maxRecordBytes ?? 2_097_152,
        maxRequestRecords: 1000,
        maxRequestBytes: maxBatchBytes * 0.75,
      },
      (records) => this.sender.send(records),
    );
  }

  /** The cluster's id. */
  identify(): Promise<string> {
    return this.admin.clusterId();
  }

  /** See the port; also refuses topics whose times are not the broker's. */
  ensureTopics(topics: readonly TopicSpecification[]): Promise<void> {
    return this.admin.ensure(topics);
  }

  bounds(topic: string): Promise<readonly PartitionBounds[]> {
    return this.admin.bounds(topic);
  }

  append(records: readonly NewRecord[]): Promise<void> {
    return this.queue.append(records);
  }

  consume(options: ConsumeOptions): KafkaSubscription {
    const subscription = new KafkaSubscription(
      {
        kafka: this.kafka,
        admin: this.admin,
        sessionTimeoutMs: this.options.sessionTimeoutMs ?? consumerSettings.sessionTimeout,
        heartbeatIntervalMs: this.options.heartbeatIntervalMs ?? consumerSettings.heartbeatInterval,
        maxWaitMs: this.options.maxWaitMs ?? consumerSettings.maxWaitTimeInMs,
        stallCheckMs: this.options.stallCheckMs ?? 30_000,
        retryDelayMs: this.options.retryDelayMs ?? 200,
        onTrouble: this.options.onTrouble ?? (() => undefined),
      },
      options,
    );
    this.subscriptions.add(subscription);
    const forget = (): void => {
      this.subscriptions.delete(subscription);
    };
    subscription.ended.then(forget, forget);
    return subscription;
  }

  follow(options: FollowOptions): KafkaSubscription {
    const group = ownReaderGroup();
    const subscription = this.consume({ ...options, group });
    const forget = (): Promise<void> => this.forgetGroup(group);
    const farewell = subscription.ended.then(forget, forget).finally(() => this.farewells.delete(farewell));
    this.farewells.add(farewell);
    return subscription;
  }

  offsetsSince(topic: string, appendedAt: number): Promise<ReadonlyMap<number, bigint>> {
    return this.admin.offsetsSince(topic, appendedAt);
  }

  /** Joins a group of its own for the while, since KafkaJS reads in no other way: needs the right to groups `faultline-read-*`. */
  async *read(topic: string, partition: number, from: bigint, to: bigint): AsyncIterable<LogRecord> {
    const bounds = (await this.bounds(topic)).find((one) => one.partition === partition);
    if (bounds === undefined) throw new RangeError(`topic ${topic} has no partition ${partition}`);
    const start = from < bounds.low ? bounds.low : from;
    const end = to < bounds.high ? to : bounds.high;
    if (start >= end) return;
    const group = ownReaderGroup();
    try {
      yield* readRange((options) => this.consume(options), { group, topic, partition, start, end });
    } finally {
      // Also when the caller stops in the middle.
      await this.forgetGroup(group);
    }
  }

  /** Whether anything is queued or being sent: 1, else 0. What is read is seen by `unread`. */
  underWay(): number {
    return this.queue.isSending ? 1 : 0;
  }

  /**
   * Records that the members in this process have not handled yet, over all partitions of the topics to which the
   * group subscribes here; what no member has begun to read counts from its beginning. Asks the brokers.
   */
  async unread(group: string): Promise<bigint> {
    const members = [...this.subscriptions].filter((one) => one.options.group === group);
    const topics = [...new Set(members.flatMap(({ options }) => options.topics))];
    const bounds = await this.admin.boundsByPlace(topics);
    const positions = new Map(members.flatMap((member) => [...member.positions()]));
    return [...bounds]
      .map(([name, { low, high }]) => {
        const position = positions.get(name) ?? low;
        return high > position ? high - position : 0n;
      })
      .reduce((sum, records) => sum + records, 0n);
  }

  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  /** Groups of nobody would stay for a week. */
  private forgetGroup(group: string): Promise<void> {
    return this.admin.deleteGroup(group).catch(() => undefined);
  }

  private async closeNow(): Promise<void> {
    await Promise.all([...this.subscriptions].map((subscription) => subscription.stop()));
    await Promise.all(this.farewells);
    await this.queue.close();
    await this.sender.close();
    await this.admin.close();
  }
}

/** A group for one reader, until it has read. */
function ownReaderGroup(): string {
  return `${readerGroupPrefix}${randomUUID()}`;
}
