import type pg from 'pg';
import type { PartitionBounds, TopicSpecification } from '../../ports/event-log.js';
import { TopicMismatch, UnknownTopic } from '../../event-log/errors.js';
import { borrow, giveBack } from '../lent-connection.js';

export interface KnownTopic {
  readonly topic: string;
  readonly topicId: number;
  readonly partitions: number;
}

/** The topics of the log; what was found once is remembered, since topics never change. */
export class TopicDirectory {
  private readonly pool: pg.Pool;
  private readonly known = new Map<string, KnownTopic>();

  constructor(pool: pg.Pool) {
    this.pool = pool;
  }

  /** See `EventLog.ensureTopics`; all of them, or none. */
  async ensure(topics: readonly TopicSpecification[]): Promise<void> {
    const client = await borrow(this.pool);
    let isBroken = false;
    try {
      await client.query('BEGIN');
      for (const topic of topics) await createIfMissing(client, topic);
      for (const { topic, partitions } of topics) {
        const present = (await find(client, [topic]))[0]?.partitions ?? 0;
        if (present !== partitions) {
          throw new TopicMismatch(
            `topic ${topic} has ${present} partitions, not ${partitions}: they never change`,
          );
        }
      }
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {
        isBroken = true;
      });
      throw error;
    } finally {
      giveBack(client, isBroken);
    }
  }

  /** All of these topics by name; rejects with UnknownTopic. */
  async lookUp(topics: Iterable<string>): Promise<ReadonlyMap<string, KnownTopic>> {
    const wanted = new Set(topics);
    const missing = [...wanted].filter((topic) => !this.known.has(topic));
    if (missing.length > 0) {
      for (const found of await find(this.pool, missing)) this.known.set(found.topic, found);
    }
    for (const topic of wanted) if (!this.known.has(topic)) throw new UnknownTopic(topic);
    return this.known;
  }

  async one(topic: string): Promise<KnownTopic> {
    const found = (await this.lookUp([topic])).get(topic);
    if (found === undefined) throw new UnknownTopic(topic);
    return found;
  }

  /** See `EventLog.bounds`. */
  async bounds(topic: string): Promise<readonly PartitionBounds[]> {
    const { topicId } = await this.one(topic);
    const { rows } = await this.pool.query<{ partition: number; low: string; high: string }>(
      `SELECT partition, low_offset AS low, next_offset AS high FROM event_log.log_partition
       WHERE topic_id = $1 ORDER BY partition`,
      [topicId],
    );
    return rows.map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }));
  }
}

async function createIfMissing(client: pg.PoolClient, topic: TopicSpecification): Promise<void> {
  await client.query(
    `WITH created AS (
       INSERT INTO event_log.log_topic (topic, partitions, retention_ms, compacted) VALUES ($1, $2, $3, $4)
       ON CONFLICT (topic) DO NOTHING RETURNING topic_id, partitions)
     INSERT INTO event_log.log_partition (topic_id, partition)
     SELECT topic_id, number FROM created, generate_series(0, partitions - 1) AS number`,
    [topic.topic, topic.partitions, topic.retentionMs, topic.compacted],
  );
}

async function find(
  client: pg.Pool | pg.PoolClient,
  topics: readonly string[],
): Promise<readonly KnownTopic[]> {
  const { rows } = await client.query<{ topic: string; topic_id: number; partitions: number }>(
    'SELECT topic, topic_id, partitions FROM event_log.log_topic WHERE topic = ANY ($1)',
    [topics],
  );
  return rows.map(({ topic, topic_id, partitions }) => ({ topic, topicId: topic_id, partitions }));
}
