import type { LostInput } from '../../journal/options.js';
import { beginning, type ConsumedOffset } from '../../journal/fence.js';
import type { AssignedPartition } from '../../ports/event-log.js';
import type { AdvanceRequest } from '../../ports/journal.js';
import type { Database, Statement, Transaction } from './database.js';

/** What one group reads. */
export type Place = Pick<AdvanceRequest, 'group' | 'topic' | 'partition'>;

interface OffsetRow {
  readonly next_offset: string;
  readonly log_id: string;
  readonly appended_at: number | null;
}

const stored = `SELECT next_offset::text AS next_offset, log_id, appended_at FROM journal.consumed_offset
  WHERE consumer_group = $1 AND topic = $2 AND log_partition = $3`;

function lock({ group, topic, partition }: Place): Statement {
  return { name: 'offset-lock', text: `${stored} FOR UPDATE`, values: [group, topic, partition] };
}

function asOffset(row: OffsetRow): ConsumedOffset {
  return {
    nextOffset: BigInt(row.next_offset),
    logId: row.log_id,
    ...(row.appended_at === null ? {} : { appendedAt: row.appended_at }),
  };
}

/** The stored offset as it is just now; undefined when this partition was never read. */
export async function readOffset(
  database: Database,
  { group, topic, partition }: Place,
): Promise<ConsumedOffset | undefined> {
  const [row] = await database.query<OffsetRow & Record<string, unknown>>({
    text: stored,
    values: [group, topic, partition],
  });
  return row === undefined ? undefined : asOffset(row);
}

/** The stored offset, locked until the transaction ends; undefined when this partition was never read. */
export async function lockOffset(
  transaction: Transaction,
  place: Place,
): Promise<ConsumedOffset | undefined> {
  const [row] = await transaction.query<OffsetRow & Record<string, unknown>>(lock(place));
  return row === undefined ? undefined : asOffset(row);
}

/** As lockOffset, but a partition never read begins at `first`. */
export async function lockOrCreateOffset(
  transaction: Transaction,
  place: Place & { readonly logId: string },
  first: bigint,
): Promise<ConsumedOffset> {
  const known = await lockOffset(transaction, place);
  if (known !== undefined) return known;
  await transaction.query({
    text: `INSERT INTO journal.consumed_offset (consumer_group, topic, log_partition, next_offset, log_id, log_epoch)
      SELECT $1, $2, $3, $4, $5, log_epoch FROM journal.installation ON CONFLICT DO NOTHING`,
    values: [place.group, place.topic, place.partition, first.toString(), place.logId],
  });
  const created = await lockOffset(transaction, place);
  if (created === undefined) throw new TypeError('the journal has no installation row: run its migrations');
  return created;
}

/** @param appendedAt the latest of the records before; absent: of that nothing is known */
export function storeOffset(
  { group, topic, partition }: Place,
  nextOffset: bigint,
  appendedAt?: number,
): Statement {
  return {
    name: 'offset-store',
    text: `UPDATE journal.consumed_offset
      SET next_offset = greatest(next_offset, $4), appended_at = greatest(appended_at, $5)
      WHERE consumer_group = $1 AND topic = $2 AND log_partition = $3`,
    values: [group, topic, partition, nextOffset.toString(), appendedAt ?? null],
  };
}

/** Where the group begins, and the records that were lost before, which the caller has to write down. Throws LogMismatch. */
export async function beginAt(
  transaction: Transaction,
  group: string,
  assigned: AssignedPartition,
  noticedAt: number,
): Promise<{ readonly at: bigint; readonly lost?: LostInput }> {
  const { topic, partition } = assigned;
  const known = await lockOrCreateOffset(transaction, { group, ...assigned }, assigned.low);
  const { at, lost } = beginning(known, assigned);
  if (!lost) return { at };
  return { at, lost: { group, topic, partition, from: known.nextOffset, to: at, noticedAt } };
}
