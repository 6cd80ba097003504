import type { Clock } from '../ports/clock.js';
import type {
  AssignedPartition,
  ConsumeOptions,
  EventLog,
  FollowOptions,
  LogRecord,
  NewRecord,
  PartitionBounds,
  Subscription,
  TopicSpecification,
} from '../ports/event-log.js';
import { recordBytes } from '../event-log/append-queue.js';
import { RecordsRefused, TopicMismatch, UnknownTopic, type Refusal } from '../event-log/errors.js';
import { partitionOfKey } from '../event-log/partition-of-key.js';
import type { FetchedRecords } from '../event-log/partition-reader.js';
import { closedError, MemoryEventLogClient } from './event-log-client.js';
import { MemoryGroup, type MemorySubscription } from './event-log-group.js';

export interface MemoryEventLogOptions {
  readonly clock: Clock;
  readonly logId?: string;
  readonly maxRecordBytes?: number;
  /** Wait after a failed batch, in the clock's time. */
  readonly retryDelayMs?: number;
  /** Awaited before each step; a simulator decides here what happens next, or throws LogUnavailable in place of it. */
  readonly pace?: (step: 'append' | 'assign' | 'fetch', topic: string) => Promise<void>;
}

interface StoredPartition {
  readonly retentionMs: number;
  low: bigint;
  /** Offset of `records[0]` is `low`. */
  records: LogRecord[];
}

/**
 * An event log in memory, for simulation: deterministic, no timers of its own, every step a promise. What one process
 * of a simulation loses by a crash is a subscription (`crash`), never the log.
 */
export class MemoryEventLog implements EventLog {
  readonly options: MemoryEventLogOptions;
  private readonly topics = new Map<string, readonly StoredPartition[]>();
  private readonly groups = new Map<string, MemoryGroup>();
  private isClosed = false;
  private followers = 0;

  constructor(options: MemoryEventLogOptions) {
    this.options = options;
  }

  get logId(): string {
    return this.options.logId ?? 'memory';
  }

  identify(): Promise<string> {
    return this.isClosed ? Promise.reject(closedError()) : Promise.resolve(this.logId);
  }

  /** See the port. */
  ensureTopics(topics: readonly TopicSpecification[]): Promise<void> {
    for (const { topic, partitions, retentionMs } of topics) {
      const present = this.topics.get(topic);
      if (present !== undefined && present.length !== partitions) {
        return Promise.reject(
          new TopicMismatch(
            `topic ${topic} has ${present.length} partitions, not ${partitions}: they never change`,
          ),
        );
      }
      if (present !== undefined) continue;
      this.topics.set(
        topic,
        Array.from({ length: partitions }, () => ({ retentionMs, low: 0n, records: [] })),
      );
    }
    return Promise.resolve();
  }

  bounds(topic: string): Promise<readonly PartitionBounds[]> {
    return asPromise(() =>
      this.partitionsOf(topic).map((stored, partition) => ({
        partition,
        low: stored.low,
        high: highOf(stored),
      })),
    );
  }

  /** See the port: rejects with RecordsRefused, which names the refused ones; the others were appended. */
  async append(records: readonly NewRecord[]): Promise<void> {
    await this.options.pace?.('append', records[0]?.topic ?? '');
    if (this.isClosed) throw closedError();
    for (const { topic } of records) this.partitionsOf(topic);
    const refusals = records.flatMap((record) => this.appendOne(record));
    for (const group of this.groups.values()) group.wake();
    if (refusals.length > 0) throw new RecordsRefused(refusals);
  }

  consume(options: ConsumeOptions): MemorySubscription {
    const group = this.groups.get(options.group) ?? new MemoryGroup(this);
    this.groups.set(options.group, group);
    return group.join(options);
  }

  follow(options: FollowOptions): MemorySubscription {
    this.followers += 1;
    return this.consume({ ...options, group: `follower-${this.followers}` });
  }

  offsetsSince(topic: string, appendedAt: number): Promise<ReadonlyMap<number, bigint>> {
    return asPromise(
      () =>
        new Map(
          this.partitionsOf(topic).map((stored, partition) => {
            const found = stored.records.findIndex((record) => record.appendedAt >= appendedAt);
            return [partition, found < 0 ? highOf(stored) : stored.low + BigInt(found)];
          }),
        ),
    );
  }

  /** What one process of several has of this log. */
  client(): EventLog {
    return new MemoryEventLogClient(this);
  }

  /** The process behind this subscription is gone: its batch under way is neither finished nor waited for. */
  crash(subscription: Subscription): void {
    for (const group of this.groups.values()) group.crash(subscription);
  }

  /** Records that the group has not handled yet, over all partitions it subscribes to. */
  unread(group: string): Promise<bigint> {
    return Promise.resolve(this.groups.get(group)?.unread() ?? 0n);
  }

  /** Deletes what is older than `low`, as retention does. */
  trim(topic: string, partition: number, low: bigint): void {
    const stored = this.partitionOf(topic, partition);
    if (low <= stored.low) return;
    stored.records = stored.records.slice(Number(low - stored.low));
    stored.low = low;
  }

  /** Deletes what is older than its topic keeps records. */
  removeExpired(): Promise<void> {
    for (const [topic, stored] of this.topics)
      stored.forEach(({ retentionMs, low, records }, partition) => {
        const oldest = this.options.clock.now() - retentionMs;
        const kept = records.findIndex(({ appendedAt }) => appendedAt >= oldest);
        if (retentionMs >= 0) this.trim(topic, partition, low + BigInt(kept < 0 ? records.length : kept));
      });
    return Promise.resolve();
  }

  async *read(topic: string, partition: number, from: bigint, to: bigint): AsyncIterable<LogRecord> {
    await Promise.resolve();
    const end = highOf(this.partitionOf(topic, partition));
    for (const record of this.partitionOf(topic, partition).records) {
      if (record.offset >= from && record.offset < to && record.offset < end) yield record;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.groups.values()].map((group) => group.stopAll()));
  }

  /** For subscriptions: the partitions of a topic, or UnknownTopic. */
  partitionCount(topic: string): number {
    return this.partitionsOf(topic).length;
  }

  /** For subscriptions. */
  assigned(topic: string, partition: number): AssignedPartition {
    const stored = this.partitionOf(topic, partition);
    return { topic, partition, logId: this.logId, low: stored.low, high: highOf(stored) };
  }

  /** For subscriptions. */
  fetch(topic: string, partition: number, from: bigint, limit: number): FetchedRecords {
    const stored = this.partitionOf(topic, partition);
    const start = Number(from - stored.low);
    const records = start < 0 ? [] : stored.records.slice(start, start + limit);
    return { records, low: stored.low, high: highOf(stored) };
  }

  private appendOne(record: NewRecord): readonly Refusal[] {
    const bytes = recordBytes(record);
    if (record.key === '') return [{ record, reason: 'the key is empty' }];
    if (bytes > (this.options.maxRecordBytes ?? 2_097_152))
      return [{ record, reason: `${bytes} bytes are too many` }];
    const partitions = this.partitionsOf(record.topic);
    const partition = partitionOfKey(record.key, partitions.length);
    const stored = this.partitionOf(record.topic, partition);
    const appendedAt = Math.max(this.options.clock.now(), stored.records.at(-1)?.appendedAt ?? 0);
    const { topic, key, value, headers } = record;
    stored.records.push({ topic, partition, offset: highOf(stored), key, value, headers, appendedAt });
    return [];
  }

  private partitionsOf(topic: string): readonly StoredPartition[] {
    const partitions = this.topics.get(topic);
    if (partitions === undefined) throw new UnknownTopic(topic);
    return partitions;
  }

  private partitionOf(topic: string, partition: number): StoredPartition {
    const stored = this.partitionsOf(topic)[partition];
    if (stored === undefined) throw new UnknownTopic(`${topic} with a partition ${partition}`);
    return stored;
  }
}

function highOf(stored: StoredPartition): bigint {
  return stored.low + BigInt(stored.records.length);
}

function asPromise<Value>(compute: () => Value): Promise<Value> {
  return new Promise((resolve) => {
    resolve(compute());
  });
}
