import type pg from 'pg';
import type { NewRecord } from '../../ports/event-log.js';
import { partitionOfKey } from '../../event-log/partition-of-key.js';
import type { KnownTopic } from './topic-directory.js';

/**
 * One statement, so one round trip and one commit for all records. All bytes travel in one binary parameter and are
 * cut up by the server: arrays of bytea would go as escaped hexadecimal text, at three times the size.
 * Partition rows are locked in one order, so concurrent appends never deadlock.
 */
const appendStatement = `
WITH incoming AS MATERIALIZED (
  SELECT * FROM unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[])
    WITH ORDINALITY AS r (topic_id, partition, start, key_length, headers_length, value_length, position)
), sizes AS MATERIALIZED (
  SELECT topic_id, partition, count(*) AS records FROM incoming GROUP BY topic_id, partition
), locked AS MATERIALIZED (
  SELECT p.topic_id, p.partition, s.records
  FROM event_log.log_partition p JOIN sizes s USING (topic_id, partition)
  ORDER BY p.topic_id, p.partition FOR UPDATE OF p
), advanced AS (
  UPDATE event_log.log_partition p
  SET next_offset = p.next_offset + l.records, last_appended_at = greatest(p.last_appended_at, $8::bigint)
  FROM locked l WHERE p.topic_id = l.topic_id AND p.partition = l.partition
  RETURNING p.topic_id, p.partition, p.next_offset, p.next_offset - l.records AS base, p.last_appended_at
), stored AS (
  INSERT INTO event_log.log_record (topic_id, partition, record_offset, appended_at, key, headers, value)
  SELECT r.topic_id, r.partition,
    a.base + row_number() OVER (PARTITION BY r.topic_id, r.partition ORDER BY r.position) - 1,
    a.last_appended_at,
    substring($7::bytea FROM r.start FOR r.key_length),
    substring($7::bytea FROM r.start + r.key_length FOR r.headers_length),
    CASE WHEN r.value_length >= 0
      THEN substring($7::bytea FROM r.start + r.key_length + r.headers_length FOR r.value_length) END
  FROM incoming r JOIN advanced a USING (topic_id, partition)
), ends AS MATERIALIZED (
  SELECT topic_id || ' ' || partition || ' ' || next_offset AS change FROM advanced
)
SELECT change, pg_notify($9, '+' || change) FROM ends`;

/** Name of the channel on which appends and changes of groups are told. */
export const channel = 'faultline_event_log';

/** Appends in one transaction, in the given order; resolves with the new ends as `<topic id> <partition> <high>`. */
export async function appendRecords(
  pool: pg.Pool,
  records: readonly NewRecord[],
  topics: ReadonlyMap<string, KnownTopic>,
  now: number,
): Promise<readonly string[]> {
  const packed = pack(records, topics);
  const { rows } = await pool.query<{ change: string }>({
    name: 'event-log-append',
    text: appendStatement,
    values: [...packed.columns, packed.bytes, now, channel],
  });
  return rows.map(({ change }) => change);
}

interface Packed {
  readonly columns: readonly (readonly number[])[];
  readonly bytes: Buffer;
}

function pack(records: readonly NewRecord[], topics: ReadonlyMap<string, KnownTopic>): Packed {
  const columns: [number[], number[], number[], number[], number[], number[]] = [[], [], [], [], [], []];
  const [topicIds, partitions, starts, keyLengths, headersLengths, valueLengths] = columns;
  const parts: Buffer[] = [];
  // SQL counts bytes from 1.
  let start = 1;
  for (const record of records) {
    const topic = topics.get(record.topic);
    if (topic === undefined) throw new TypeError(`topic ${record.topic} was not looked up`);
    const key = Buffer.from(record.key, 'utf8');
    const headers = Buffer.from(JSON.stringify(record.headers), 'utf8');
    topicIds.push(topic.topicId);
    partitions.push(partitionOfKey(key, topic.partitions));
    starts.push(start);
    keyLengths.push(key.length);
    headersLengths.push(headers.length);
    valueLengths.push(record.value?.length ?? -1);
    parts.push(key, headers);
    if (record.value !== undefined) parts.push(record.value);
    start += key.length + headers.length + (record.value?.length ?? 0);
  }
  return { columns, bytes: Buffer.concat(parts) };
}
