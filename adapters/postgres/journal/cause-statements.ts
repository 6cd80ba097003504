import type { Fact } from '../../../domain/fact.js';
import type { Input } from '../../../domain/signal.js';
import { hasTimedId, isSaidOnce } from '../../journal/causes.js';
import { seenKey } from '../../journal/digests.js';
import type { AdvanceRequest } from '../../ports/journal.js';
import type { Statement } from './database.js';

/**
 * Notes these causes as seen; each answers with those that were not before. What is said only once is noted where it is
 * soon forgotten. Sorted: two batches that share causes wait for each other in one order.
 */
export function seeCauses(
  byCause: ReadonlyMap<string, Input>,
  request: AdvanceRequest,
  now: number,
): readonly Statement[] {
  const once: string[] = [];
  const often: string[] = [];
  for (const [cause, input] of byCause) (isSaidOnce(input) ? once : often).push(cause);
  return [
    ...(often.length === 0 ? [] : [seeInputs(often.sort(), now)]),
    ...(once.length === 0 ? [] : [seeReports(once.sort(), request)]),
  ];
}

function seeInputs(causes: readonly string[], now: number): Statement {
  return {
    name: 'cause-see',
    text: `INSERT INTO journal.input_seen (cause_id, seen_at)
      SELECT cause_id, $2 FROM unnest($1::uuid[]) AS cause (cause_id) ON CONFLICT DO NOTHING RETURNING cause_id`,
    values: [causes, now],
  };
}

function seeReports(
  causes: readonly string[],
  { group, topic, partition, appendedAt }: AdvanceRequest,
): Statement {
  return {
    name: 'report-see',
    text: `INSERT INTO journal.report_seen (cause_id, appended_at, place)
      SELECT cause.cause_id, $2, offsets.place
      FROM unnest($1::uuid[]) AS cause (cause_id), journal.consumed_offset AS offsets
      WHERE offsets.consumer_group = $3 AND offsets.topic = $4 AND offsets.log_partition = $5
        AND NOT EXISTS (SELECT FROM journal.input_seen AS seen WHERE seen.cause_id = cause.cause_id)
      ON CONFLICT DO NOTHING RETURNING cause_id`,
    values: [causes, appendedAt, group, topic, partition],
  };
}

/** Keeps the causes of these facts as long as any input's; undefined: they are kept already. */
export function keepCauses(facts: readonly Fact[], now: number): Statement | undefined {
  const causes = new Set(facts.map(({ causeId }) => causeId).filter(hasTimedId));
  if (causes.size === 0) return undefined;
  return {
    name: 'cause-keep',
    text: `INSERT INTO journal.input_seen (cause_id, seen_at)
      SELECT cause_id, $2 FROM unnest($1::uuid[]) AS cause (cause_id) ON CONFLICT DO NOTHING`,
    values: [[...causes].map(seenKey).sort(), now],
  };
}
