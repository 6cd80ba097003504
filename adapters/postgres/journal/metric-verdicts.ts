import type { MetricJudgement, MetricVerdict } from '../../../domain/metric-verdict.js';
import { recordEveryMs } from '../../journal/metric-records.js';
import { storableJson } from '../../journal/storable.js';
import { pageByPosition } from '../../journal/pages.js';
import type { GuardBook } from '../../ports/guard-book.js';
import type { Page } from '../../ports/journal.js';
import type { Database } from './database.js';

/** SQL: the latest verdict of each metric as StandingVerdict, a JSON array. */
export const standingVerdicts = `(
  SELECT coalesce(jsonb_agg(metric.verdict || jsonb_build_object('since', metric.since, 'overruled',
      metric.verdict ->> 'says' <> 'good' AND EXISTS (
        SELECT FROM journal.pause WHERE pause.key = 'metric:' || metric.name
          AND pause.ended ->> 'how' IN ('approved', 'thawed') AND (pause.ended ->> 'at')::bigint >= metric.since
      )) ORDER BY metric.name COLLATE "C"), '[]') FROM journal.metric
)`;

/** The row of a metric is written by one copy at a time, so what is recorded follows from the one before. */
export async function recordJudgement(database: Database, judgement: MetricJudgement): Promise<void> {
  const { metric, says, at, rule } = judgement;
  await database.query({
    name: 'metric-judge',
    text: `WITH seen AS (
        INSERT INTO journal.metric AS known (name, verdict, since, recorded_at) VALUES ($1, $2, $3, $3)
        ON CONFLICT (name) DO UPDATE SET verdict = EXCLUDED.verdict,
          since = CASE WHEN (known.verdict ->> 'says' = 'good') = ($4 = 'good')
              AND (known.verdict ->> 'rule' <> $6) IS NOT TRUE
            THEN known.since ELSE $3 END,
          recorded_at = CASE WHEN known.verdict ->> 'says' = $4 AND abs($3 - known.recorded_at) < $5
              AND (known.verdict ->> 'rule' <> $6) IS NOT TRUE
            THEN known.recorded_at ELSE $3 END
        RETURNING new.since, old.verdict ->> 'says' AS said, old.recorded_at AS recorded,
          old.verdict ->> 'rule' <> $6 AS is_by_another_rule
      ) INSERT INTO journal.metric_verdict (metric, verdict)
        SELECT $1, $2::jsonb || jsonb_build_object('since', since) FROM seen
        WHERE said IS DISTINCT FROM $4 OR abs($3 - recorded) >= $5 OR is_by_another_rule`,
    values: [metric, storableJson(judgement), at, says, recordEveryMs, rule ?? null],
  });
}

/** Newest first. */
export async function recordedVerdicts(
  database: Database,
  { metric, after, limit }: Parameters<GuardBook['verdicts']>[0],
): Promise<Page<MetricVerdict>> {
  const rows = await database.query<{ position: number; verdict: MetricVerdict }>({
    text: `SELECT position, verdict FROM journal.metric_verdict
      WHERE ($1::text IS NULL OR metric = $1) AND ($2::bigint IS NULL OR position < $2) ORDER BY position DESC LIMIT $3`,
    values: [metric ?? null, after ?? null, limit],
  });
  return pageByPosition(rows, limit, ({ verdict }) => verdict);
}
