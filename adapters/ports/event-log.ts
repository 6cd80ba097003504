/** The event log: topics of ordered, kept partitions. Kafka, or PostgreSQL when embedded; one suite holds them together. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | undefined;
  /** Undefined: a tombstone. */
  readonly value: Buffer | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The log's own append time, ms. */
  readonly appendedAt: number;
}

export interface NewRecord {
  readonly topic: string;
  /** Always set: a record without a key may change its partition when it is sent again. */
  readonly key: string;
  readonly value: Buffer | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface TopicSpecification {
  readonly topic: string;
  readonly partitions: number;
  /** -1: for ever. */
  readonly retentionMs: number;
  readonly compacted: boolean;
}

export interface PartitionBounds {
  readonly partition: number;
  /** Oldest offset still there. */
  readonly low: bigint;
  /** Offset that the next record will get. */
  readonly high: bigint;
}

/** A partition as it is given to a consumer, before its first batch. */
export interface AssignedPartition extends PartitionBounds {
  readonly topic: string;
  /** Identity of the log (Kafka's cluster id): another one means that offsets say nothing. */
  readonly logId: string;
  /**
   * Offset of the first record that was appended at this time (ms, the log's clock) or later; `high` when none was. Rejects
   * with StartUnknown. Absent: this log never makes a topic anew without another identity.
   */
  readonly firstSince?: (appendedAt: number) => Promise<bigint>;
}

export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly logId: string;
  /** In offset order; gaps are possible. Never empty. */
  readonly records: readonly LogRecord[];
  /** Offset after the last record that the log holds now (for lag). */
  readonly high: bigint;
  /** False as soon as this copy no longer owns the partition. Only a hint: the journal's fence decides. */
  isOwned(): boolean;
}

/** A partition of a topic. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** What a place is called where it is a key. */
export function placeName({ topic, partition }: Place): string {
  return `${topic}/${partition}`;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /**
   * Asked at each assignment: where to begin. Rejecting with StartUnknown has it asked again after a while; any other
   * error ends the subscription (refusal to run).
   * The group's committed offset is never the truth.
   */
  readonly startAt: (assigned: AssignedPartition) => Promise<bigint>;
  /**
   * Handles one batch of one partition; batches of one partition never overlap. Rejecting makes the subscription
   * back off and ask `startAt` again before it reads on: nothing is skipped.
   */
  readonly onBatch: (batch: Batch) => Promise<void>;
  /** At most this many records a batch. */
  readonly maxBatchRecords: number;
}

export type FollowOptions = Omit<ConsumeOptions, 'group'>;

export interface Subscription {
  /** Resolves when the subscription has ended by `stop`; rejects when it can't go on (the process should then exit). */
  readonly ended: Promise<void>;
  /** True while this copy is a member of its group and reading. */
  isHealthy(): boolean;
  /** Finishes the batch under way, leaves the group. Idempotent. */
  stop(): Promise<void>;
}

/** The log can't be reached or refused: try again later. Nothing may be concluded about the records. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

/** Where to begin can't be told just now: ask again. */
export class StartUnknown extends Error {
  override readonly name = 'StartUnknown';
}

/** The log will never take this record (too large…): send it elsewhere. */
export class RecordRefused extends Error {
  override readonly name = 'RecordRefused';
}

export interface EventLog {
  /** Resolves with the log's identity when it answers; rejects with LogUnavailable. */
  identify(): Promise<string>;
  /** Creates what is missing. Never changes or deletes what is there; another partition count is an error. */
  ensureTopics(topics: readonly TopicSpecification[]): Promise<void>;
  bounds(topic: string): Promise<readonly PartitionBounds[]>;
  /**
   * By partition, the offset of the first record that was appended at this time (ms, the log's clock) or later; `high`
   * when none was.
   */
  offsetsSince(topic: string, appendedAt: number): Promise<ReadonlyMap<number, bigint>>;
  /**
   * Appends all records; resolves when every in-sync replica has them, in the given order per key. Rejects with
   * LogUnavailable (some may have been appended: sending again may double, never lose) or RecordRefused.
   */
  append(records: readonly NewRecord[]): Promise<void>;
  consume(options: ConsumeOptions): Subscription;
  /** Like `consume`, alone: given every partition of the topics, in a group of its own that is gone afterwards. */
  follow(options: FollowOptions): Subscription;
  /** Reads without a group: from `from` (inclusive) to `to` (exclusive), for tools and tests. */
  read(topic: string, partition: number, from: bigint, to: bigint): AsyncIterable<LogRecord>;
  close(): Promise<void>;
}
