import type pg from 'pg';

/** How long a tombstone of a compacted topic stays, so that slow readers learn of the deletion. */
const tombstoneMs = 86_400_000;

/** At most this many records a statement, so that no statement runs long and holds back others. */
const deleteAtOnce = 10_000;

/** Oldest first; the low bound follows, so that a reader that was too slow learns what it has lost. */
const trimStatement = `
WITH expired AS MATERIALIZED (
  SELECT r.topic_id, r.partition, r.record_offset
  FROM event_log.log_record r JOIN event_log.log_topic t USING (topic_id)
  WHERE NOT t.compacted AND t.retention_ms >= 0 AND r.appended_at < $1::bigint - t.retention_ms
  ORDER BY r.topic_id, r.partition, r.record_offset LIMIT ${deleteAtOnce}
), lows AS (
  SELECT topic_id, partition, max(record_offset) + 1 AS low FROM expired GROUP BY topic_id, partition
), raised AS (
  UPDATE event_log.log_partition p SET low_offset = greatest(p.low_offset, l.low)
  FROM lows l WHERE p.topic_id = l.topic_id AND p.partition = l.partition
)
DELETE FROM event_log.log_record r USING expired e
WHERE r.topic_id = e.topic_id AND r.partition = e.partition AND r.record_offset = e.record_offset`;

/** Leaves the newest record of each key; offsets keep their gaps and the low bound stays. */
const compactStatement = `
WITH superseded AS MATERIALIZED (
  SELECT r.topic_id, r.partition, r.record_offset
  FROM event_log.log_record r JOIN event_log.log_topic t USING (topic_id)
  WHERE t.compacted AND (
    EXISTS (SELECT FROM event_log.log_record n
      WHERE n.topic_id = r.topic_id AND n.partition = r.partition AND n.key = r.key AND n.record_offset > r.record_offset)
    OR (r.value IS NULL AND r.appended_at < $1::bigint - ${tombstoneMs}))
  LIMIT ${deleteAtOnce}
)
DELETE FROM event_log.log_record r USING superseded s
WHERE r.topic_id = s.topic_id AND r.partition = s.partition AND r.record_offset = s.record_offset`;

/** Deletes expired and superseded records as of `now` (ms); resolves with how many. */
export async function removeExpired(pool: pg.Pool, now: number): Promise<number> {
  let removed = 0;
  for (const statement of [trimStatement, compactStatement]) {
    let count: number;
    do {
      count = (await pool.query(statement, [now])).rowCount ?? 0;
      removed += count;
    } while (count === deleteAtOnce);
  }
  return removed;
}
