import type pg from 'pg';
import type { LogRecord } from '../../ports/event-log.js';
import type { FetchedRecords } from '../../event-log/partition-reader.js';
import type { KnownTopic } from './topic-directory.js';

interface RecordRow {
  readonly record_offset: string;
  readonly appended_at: string;
  readonly key: Buffer;
  readonly headers: Buffer;
  readonly value: Buffer | null;
}

/** One fetch carries at most this many bytes of values, or a single larger record. */
const maxFetchBytes = 8_388_608;

/** Committed rows have no gaps below them (see the migration), so whatever is visible may be read. */
const fetchStatement = `
SELECT record_offset, appended_at, key, headers, value FROM (
  SELECT *, sum(coalesce(octet_length(value), 0)) OVER (ORDER BY record_offset ROWS UNBOUNDED PRECEDING)
    - coalesce(octet_length(value), 0) AS bytes_before
  FROM (
    SELECT * FROM event_log.log_record
    WHERE topic_id = $1 AND partition = $2 AND record_offset >= $3 ORDER BY record_offset LIMIT $4
  ) AS candidates
) AS sized
WHERE bytes_before < ${maxFetchBytes} ORDER BY record_offset`;

/** Records of a partition from an offset on, in order. */
export async function fetchRecords(
  pool: pg.Pool,
  { topic, topicId }: KnownTopic,
  partition: number,
  from: bigint,
  limit: number,
): Promise<readonly LogRecord[]> {
  const { rows } = await pool.query<RecordRow>({
    name: 'event-log-fetch',
    text: fetchStatement,
    values: [topicId, partition, from, limit],
  });
  return rows.map((row) => ({
    topic,
    partition,
    offset: BigInt(row.record_offset),
    key: row.key.toString('utf8'),
    value: row.value ?? undefined,
    headers: headersFrom(row.headers),
    appendedAt: Number(row.appended_at),
  }));
}

/** Low and high of one partition. */
export async function fetchBounds(
  pool: pg.Pool,
  { topic, topicId }: KnownTopic,
  partition: number,
): Promise<{ readonly low: bigint; readonly high: bigint }> {
  const { rows } = await pool.query<{ low: string; high: string }>({
    name: 'event-log-bounds',
    text: `SELECT low_offset AS low, next_offset AS high FROM event_log.log_partition
           WHERE topic_id = $1 AND partition = $2`,
    values: [topicId, partition],
  });
  const [row] = rows;
  if (row === undefined) throw new RangeError(`topic ${topic} has no partition ${partition}`);
  return { low: BigInt(row.low), high: BigInt(row.high) };
}

/** Offsets are dense and append times never go backwards, so that halving finds it without an index on them. */
const offsetsSinceStatement = `
WITH RECURSIVE search AS (
  SELECT partition, low_offset AS low, next_offset AS high FROM event_log.log_partition WHERE topic_id = $1
  UNION ALL
  SELECT partition, CASE WHEN older THEN middle + 1 ELSE low END, CASE WHEN older THEN high ELSE middle END
  FROM (
    SELECT *, (low + high) / 2 AS middle, coalesce((
      SELECT appended_at < $2 FROM event_log.log_record
      WHERE topic_id = $1 AND log_record.partition = search.partition AND record_offset = (low + high) / 2
    ), true) AS older
    FROM search WHERE low < high
  ) AS halved
)
SELECT partition, low AS "offset" FROM search WHERE low = high`;

/** See `EventLog.offsetsSince`. */
export async function fetchOffsetsSince(
  pool: pg.Pool,
  { topicId }: KnownTopic,
  appendedAt: number,
): Promise<ReadonlyMap<number, bigint>> {
  const { rows } = await pool.query<{ partition: number; offset: string }>({
    name: 'event-log-offsets-since',
    text: offsetsSinceStatement,
    values: [topicId, appendedAt],
  });
  return new Map(rows.map(({ partition, offset }) => [partition, BigInt(offset)]));
}

/** Bounds are only asked where they may matter: at a gap, or when there is nothing to read. */
export async function fetchWithBounds(
  pool: pg.Pool,
  topic: KnownTopic,
  partition: number,
  from: bigint,
  limit: number,
  knownHigh: bigint,
): Promise<FetchedRecords> {
  const records = await fetchRecords(pool, topic, partition, from, limit);
  const [first, last] = [records[0], records.at(-1)];
  if (first !== undefined && last !== undefined && first.offset === from) {
    const end = last.offset + 1n;
    return { records, low: first.offset, high: end > knownHigh ? end : knownHigh };
  }
  return { records, ...(await fetchBounds(pool, topic, partition)) };
}

function headersFrom(bytes: Buffer): Readonly<Record<string, string>> {
  const parsed: unknown = JSON.parse(bytes.toString('utf8'));
  if (typeof parsed !== 'object' || parsed === null) return {};
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
}
