import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Clock } from '../../ports/clock.js';
import {
  LogUnavailable,
  type ConsumeOptions,
  type EventLog,
  type FollowOptions,
  type LogRecord,
  type NewRecord,
  type PartitionBounds,
  type TopicSpecification,
} from '../../ports/event-log.js';
import { AppendQueue } from '../../event-log/append-queue.js';
import { reasonOf, TopicMismatch } from '../../event-log/errors.js';
import { migrate, migrationsFolder } from '../migrate.js';
import { appendRecords } from './appending.js';
import { fetchBounds, fetchOffsetsSince, fetchRecords } from './fetching.js';
import { removeExpired } from './retention.js';
import { nameOf, PostgresSubscription } from './subscription.js';
import { TopicDirectory } from './topic-directory.js';
import { parseGrowth } from './wake-ups.js';

export interface PostgresEventLogOptions {
  readonly connectionString: string;
  /** Append times are this clock's. */
  readonly clock: Clock;
  /** Default 2 MiB. */
  readonly maxRecordBytes?: number;
  /** A member that did not renew for so long is replaced (wall clock; a dead process at the latest after a third). Default 6000. */
  readonly leaseMs?: number;
  /** First wait after a failed batch, doubled up to 5 s. Default 200. */
  readonly retryDelayMs?: number;
  readonly maxConnections?: number;
  /** Hears of what is tried again. */
  readonly onTrouble?: (message: string) => void;
}

/** Brings the schema up to date and opens the log; rejects with LogUnavailable or MigrationRefused. */
export async function openPostgresEventLog(options: PostgresEventLogOptions): Promise<PostgresEventLog> {
  const log = new PostgresEventLog(options);
  try {
    await log.prepare();
    return log;
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** The event log of an embedded installation. */
export class PostgresEventLog implements EventLog {
  private readonly options: PostgresEventLogOptions;
  private readonly pool: pg.Pool;
  private readonly topics: TopicDirectory;
  private readonly queue: AppendQueue;
  private readonly subscriptions = new Set<PostgresSubscription>();
  private closing: Promise<void> | undefined;

  constructor(options: PostgresEventLogOptions) {
    this.options = options;
    this.pool = new pg.Pool({ ...clientConfig(options.connectionString), max: options.maxConnections ?? 6 });
    // An idle connection that is lost is replaced by the pool; without a listener it would end the process.
    this.pool.on('error', (error) => options.onTrouble?.(reasonOf(error)));
    this.topics = new TopicDirectory(this.pool);
    const limits = {
      maxRecordBytes: options.maxRecordBytes ?? 2_097_152,
      maxRequestRecords: 2000,
      maxRequestBytes: 4_194_304,
    };
    this.queue = new AppendQueue(limits, (records) => this.send(records));
  }

  /** Applies missing migrations. */
  async prepare(): Promise<void> {
    await available(() => migrate(this.pool, migrationsFolder('event-log')));
  }

  identify(): Promise<string> {
    return available(async () => {
      const { rows } = await this.pool.query<{ log_id: string }>('SELECT log_id FROM event_log.log_identity');
      return rows[0]?.log_id ?? '';
    });
  }

  ensureTopics(topics: readonly TopicSpecification[]): Promise<void> {
    return available(() => this.topics.ensure(topics));
  }

  bounds(topic: string): Promise<readonly PartitionBounds[]> {
    return available(() => this.topics.bounds(topic));
  }

  append(records: readonly NewRecord[]): Promise<void> {
    return this.queue.append(records);
  }

  consume(options: ConsumeOptions): PostgresSubscription {
    const subscription = new PostgresSubscription(
      {
        pool: this.pool,
        clientConfig: clientConfig(this.options.connectionString),
        topics: this.topics,
        identify: () => this.identify(),
        leaseMs: this.options.leaseMs ?? 6000,
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

  follow(options: FollowOptions): PostgresSubscription {
    return this.consume({ ...options, group: `follower-${randomUUID()}` });
  }

  offsetsSince(topic: string, appendedAt: number): Promise<ReadonlyMap<number, bigint>> {
    return available(async () => fetchOffsetsSince(this.pool, await this.topics.one(topic), appendedAt));
  }

  async *read(topic: string, partition: number, from: bigint, to: bigint): AsyncIterable<LogRecord> {
    const known = await available(() => this.topics.one(topic));
    const { low, high } = await available(() => fetchBounds(this.pool, known, partition));
    const end = to < high ? to : high;
    let next = from < low ? low : from;
    while (next < end) {
      const records = await available(() => fetchRecords(this.pool, known, partition, next, 500));
      for (const record of records) if (record.offset < end) yield record;
      const last = records.at(-1);
      if (last === undefined) return;
      next = last.offset + 1n;
    }
  }

  /**
   * Records that the members in this process have not handled yet, over all partitions of the topics to which the
   * group subscribes here; what no member has begun to read counts from its beginning.
   */
  async unread(group: string): Promise<bigint> {
    const members = [...this.subscriptions].filter((one) => one.options.group === group);
    const topics = members.flatMap(({ options }) => options.topics);
    if (topics.length === 0) return 0n;
    const { rows } = await available(() =>
      this.pool.query<{ topic_id: number; partition: number; low: string; high: string }>(
        `SELECT topic_id, partition, low_offset AS low, next_offset AS high
         FROM event_log.log_partition JOIN event_log.log_topic USING (topic_id) WHERE topic = ANY ($1)`,
        [topics],
      ),
    );
    const positions = new Map(members.flatMap((member) => [...member.positions()]));
    return rows.reduce((sum, { topic_id, partition, low, high }) => {
      const position = positions.get(nameOf(topic_id, partition)) ?? BigInt(low);
      return BigInt(high) > position ? sum + BigInt(high) - position : sum;
    }, 0n);
  }

  /**
   * What members and producers in this process are just doing; 0: all that was appended here has been handled by the
   * groups that read here. Costs no look into the database.
   */
  underWay(): number {
    const members = [...this.subscriptions].reduce((sum, member) => sum + member.underWay(), 0);
    return members + (this.queue.isSending ? 1 : 0);
  }

  /** Deletes what retention allows to delete, as of the clock; resolves with how many records. To be called now and then. */
  removeExpired(): Promise<number> {
    return available(() => removeExpired(this.pool, this.options.clock.now()));
  }

  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  private async closeNow(): Promise<void> {
    await Promise.all([...this.subscriptions].map((subscription) => subscription.stop()));
    await this.queue.close();
    await this.pool.end();
  }

  private async send(records: readonly NewRecord[]): Promise<readonly []> {
    const changes = await available(async () => {
      const topics = await this.topics.lookUp(records.map(({ topic }) => topic));
      return appendRecords(this.pool, records, topics, this.options.clock.now());
    });
    // Members in this process need not wait for the notification to come around.
    for (const change of changes) {
      const growth = parseGrowth(change);
      if (growth !== undefined) for (const subscription of this.subscriptions) subscription.grown(growth);
    }
    return [];
  }
}

/** Whatever fails for reasons of the database is `LogUnavailable`. */
async function available<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LogUnavailable || error instanceof TopicMismatch) throw error;
    throw new LogUnavailable(`the event log's database: ${reasonOf(error)}`, { cause: error });
  }
}

function clientConfig(connectionString: string): pg.ClientConfig {
  return {
    connectionString,
    application_name: 'faultline-event-log',
    keepAlive: true,
    connectionTimeoutMillis: 5000,
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 30_000,
  };
}
