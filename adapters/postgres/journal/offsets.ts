import type { LostInput } from '../../journal/options.js';
import { beginning, type ConsumedOffset } from '../../journal/fence.js';
import type { AssignedPartition } from '../../ports/event-log.js';
import type { AdvanceRequest } from '../../ports/journal.js';
import type { Statement, Transaction } from './database.js';

type Place = Pick<AdvanceRequest, 'group' | 'topic' | 'partition'>;

function lock({ group, topic, partition }: Place): Statement {
  return {
    name: 'offset-lock',
    text: `SELECT next_offset::text AS next_offset, log_id FROM journal.consumed_offset
      WHERE consumer_group = $1 AND topic = $2 AND log_partition = $3 FOR UPDATE`,
    values: [group, topic, partition],
  };
}

/** The stored offset, locked until the transaction ends; undefined when this partition was never read. */
export async function lockOffset(
  transaction: Transaction,
  place: Place,
): Promise<ConsumedOffset | undefined> {
  const [row] = await transaction.query<{ next_offset: string; log_id: string }>(lock(place));
  return row === undefined ? undefined : { nextOffset: BigInt(row.next_offset), logId: row.log_id };
}

/** As lockOffset, but a partition never read begins at `first`. */
export async function lockOrCreateOffset(
  transaction: Transaction,
  place: Place & { readonly logId: string },
  first: bigint,
): Promise<ConsumedOffset> {
  const stored = await lockOffset(transaction, place);
  if (stored !== undefined) return stored;
  await transaction.query({
    text: `INSERT INTO journal.consumed_offset (consumer_group, topic, log_partition, next_offset, log_id, log_epoch)
      SELECT $1, $2, $3, $4, $5, log_epoch FROM journal.installation ON CONFLICT DO NOTHING`,
    values: [place.group, place.topic, place.partition, first.toString(), place.logId],
  });
  const created = await lockOffset(transaction, place);
  if (created === undefined) throw new TypeError('the journal has no installation row: run its migrations');
  return created;
}

export function storeOffset({ group, topic, partition }: Place, nextOffset: bigint): Statement {
  return {
    name: 'offset-store',
    text: `UPDATE journal.consumed_offset SET next_offset = greatest(next_offset, $4)
      WHERE consumer_group = $1 AND topic = $2 AND log_partition = $3`,
    values: [group, topic, partition, nextOffset.toString()],
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
  const stored = await lockOrCreateOffset(transaction, { group, ...assigned }, assigned.low);
  const { at, lost } = beginning(stored, assigned);
  if (!lost) return { at };
  return { at, lost: { group, topic, partition, from: stored.nextOffset, to: at, noticedAt } };
}
