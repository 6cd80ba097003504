import type pg from 'pg';
import { channel } from './appending.js';

export interface OwnedPartition {
  readonly topic: string;
  readonly topicId: number;
  readonly partition: number;
  readonly partitions: number;
}

/** First half of the advisory locks that members hold: "flel". */
const lockSpace = 0x666c_656c;

/**
 * One member of a consumer group, for as long as its connection lives. All its statements run on that connection, one
 * after another.
 */
export class Membership {
  private readonly client: pg.Client;
  private readonly group: string;
  private readonly memberId: number;
  private readonly leaseMs: number;
  private before: Promise<void> = Promise.resolve();

  private constructor(client: pg.Client, group: string, memberId: number, leaseMs: number) {
    this.client = client;
    this.group = group;
    this.memberId = memberId;
    this.leaseMs = leaseMs;
  }

  /** Enters the group; the other members hear of it and give up their surplus. */
  static async join(
    client: pg.Client,
    group: string,
    topics: readonly string[],
    leaseMs: number,
  ): Promise<Membership> {
    await client.query(`LISTEN ${channel}`);
    // One transaction: a member that can be seen without its lock would count as dead.
    await client.query('BEGIN');
    const { rows } = await client.query<{ member_id: number }>(
      `INSERT INTO event_log.log_member (group_name, topics, lease_until)
       VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond') RETURNING member_id`,
      [group, topics, leaseMs],
    );
    const memberId = rows[0]?.member_id ?? 0;
    await client.query('SELECT pg_advisory_lock($1, $2)', [lockSpace, memberId]);
    await client.query('COMMIT');
    const membership = new Membership(client, group, memberId, leaseMs);
    await membership.tell();
    return membership;
  }

  /** Prolongs the lease. False: the others have declared this member dead. */
  async renew(): Promise<boolean> {
    const { rowCount } = await this.query(
      `UPDATE event_log.log_member SET lease_until = clock_timestamp() + $2 * interval '1 millisecond'
       WHERE member_id = $1`,
      [this.memberId, this.leaseMs],
    );
    return rowCount === 1;
  }

  /** Removes dead members of the group, and with them what they owned. */
  async buryDead(): Promise<void> {
    await this.query(
      `DELETE FROM event_log.log_member m
       WHERE m.group_name = $1 AND m.member_id <> $2 AND m.lease_until < clock_timestamp()
          OR m.group_name = $1 AND m.member_id <> $2 AND NOT EXISTS (
            SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND l.classid = $3 AND l.objid::bigint = m.member_id)`,
      [this.group, this.memberId, lockSpace],
    );
  }

  /** What this member should own now: partitions dealt out in one order to members in one order. */
  async share(): Promise<readonly OwnedPartition[]> {
    const { rows } = await this.query<{
      topic: string;
      topic_id: number;
      partition: number;
      partitions: number;
      candidates: number[];
    }>(
      `SELECT t.topic, t.topic_id, t.partitions, p.partition,
         array_agg(m.member_id ORDER BY m.member_id) AS candidates
       FROM event_log.log_member m
       JOIN event_log.log_topic t ON t.topic = ANY (m.topics)
       JOIN event_log.log_partition p USING (topic_id)
       WHERE m.group_name = $1
       GROUP BY t.topic, t.topic_id, t.partitions, p.partition ORDER BY t.topic COLLATE "C", p.partition`,
      [this.group],
    );
    return rows
      .filter(({ candidates }, index) => candidates[index % candidates.length] === this.memberId)
      .map(({ topic, topic_id, partition, partitions }) => ({
        topic,
        topicId: topic_id,
        partition,
        partitions,
      }));
  }

  /** Takes what is free of these; resolves with what is owned now, taken just now or before. */
  async claim(wanted: readonly OwnedPartition[]): Promise<readonly OwnedPartition[]> {
    await this.query(
      `INSERT INTO event_log.log_ownership (group_name, topic_id, partition, member_id)
       SELECT $1, topic_id, partition, $2 FROM unnest($3::int[], $4::int[]) AS w (topic_id, partition)
       ORDER BY topic_id, partition ON CONFLICT DO NOTHING`,
      [
        this.group,
        this.memberId,
        wanted.map(({ topicId }) => topicId),
        wanted.map(({ partition }) => partition),
      ],
    );
    const { rows } = await this.query<{ topic_id: number; partition: number }>(
      'SELECT topic_id, partition FROM event_log.log_ownership WHERE member_id = $1',
      [this.memberId],
    );
    return wanted.filter((one) =>
      rows.some((row) => row.topic_id === one.topicId && row.partition === one.partition),
    );
  }

  /** Gives one partition back, after its batch was finished. */
  async giveBack({ topicId, partition }: OwnedPartition): Promise<void> {
    await this.query(
      `DELETE FROM event_log.log_ownership WHERE group_name = $1 AND topic_id = $2 AND partition = $3 AND member_id = $4`,
      [this.group, topicId, partition, this.memberId],
    );
    await this.tell();
  }

  async leave(): Promise<void> {
    await this.query('DELETE FROM event_log.log_member WHERE member_id = $1', [this.memberId]);
    await this.tell();
  }

  /** Partitions are given back while the lease is renewed; a connection takes one statement at a time. */
  private query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[],
  ): Promise<pg.QueryResult<Row>> {
    const result = this.before.then(() => this.client.query<Row>(text, [...values]));
    this.before = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  private async tell(): Promise<void> {
    await this.query('SELECT pg_notify($1, $2)', [channel, `=${this.group}`]);
  }
}
