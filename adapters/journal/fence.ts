import { LogMismatch, type AdvanceRequest } from '../ports/journal.js';
import type { AssignedPartition } from '../ports/event-log.js';

/** Where one group stands in one partition, and of which log. */
export interface ConsumedOffset {
  readonly nextOffset: bigint;
  readonly logId: string;
  /** The latest time at which a record was appended that it has read, ms by the log's clock. Absent: not known. */
  readonly appendedAt?: number;
}

const remedy =
  'find out whether the log was replaced or lost its end; if this log is the one to go on with, stop all copies and start a new log epoch: faultline journal new-log-epoch --reason …';

/** Throws LogMismatch when the stored offset says nothing about this log. */
export function requireSameLog(
  stored: ConsumedOffset,
  { topic, partition, logId }: Pick<AdvanceRequest, 'topic' | 'partition' | 'logId'>,
): void {
  if (stored.logId === logId) return;
  throw new LogMismatch(
    `${topic}/${partition} belongs to the log ${logId}, but the journal knows the log ${stored.logId}: ${remedy}`,
  );
}

/** Where to begin; `lost` when records that nobody read are gone. Throws LogMismatch. */
export function beginning(
  stored: ConsumedOffset,
  assigned: AssignedPartition,
): { readonly at: bigint; readonly lost: boolean } {
  requireSameLog(stored, assigned);
  if (assigned.high < stored.nextOffset) {
    throw new LogMismatch(
      `${assigned.topic}/${assigned.partition} ends at ${assigned.high}, but was read up to ${stored.nextOffset}: ${remedy}`,
    );
  }
  const lost = assigned.low > stored.nextOffset;
  return { at: lost ? assigned.low : stored.nextOffset, lost };
}

/**
 * Throws LogMismatch when this partition was made anew and has grown longer than what was read of the one before: then
 * records stand below the stored offset that were appended after everything that was read. A log whose clock runs
 * backwards for longer than it takes to make a topic anew can hide that.
 */
export async function requireSameRecords(
  { nextOffset, appendedAt }: ConsumedOffset,
  { topic, partition, firstSince }: AssignedPartition,
): Promise<void> {
  if (appendedAt === undefined || firstSince === undefined) return;
  const firstLater = await firstSince(appendedAt + 1);
  if (firstLater >= nextOffset) return;
  throw new LogMismatch(
    `${topic}/${partition} was read up to ${nextOffset}, and the last that was read was appended at ${new Date(appendedAt).toISOString()}, but what stands at ${firstLater} was appended later: the topic was made anew; ${remedy}`,
  );
}
