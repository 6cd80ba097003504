import { StartUnknown, type AssignedPartition, type LogRecord } from '../adapters/ports/event-log.js';
import { JournalUnavailable, type Journal } from '../adapters/ports/journal.js';

/** Does `work`, which asks the journal where to begin. Rejects with StartUnknown while the journal does not answer, else as `work`. */
export async function onceJournalAnswers<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof JournalUnavailable) throw new StartUnknown(error.message, { cause: error });
    throw error;
  }
}

/** Where the journal says that a group begins with a partition. Rejects as `onceJournalAnswers`, and as the journal does when it refuses this log. */
export function beginningOf(
  journal: Pick<Journal, 'startAt'>,
  group: string,
  assigned: AssignedPartition,
): Promise<bigint> {
  return onceJournalAnswers(() => journal.startAt(group, assigned));
}

/** The latest time at which one of these was appended, ms. Not the last one's: the clock of a new leader may be behind. */
export function latestAppend(records: readonly Pick<LogRecord, 'appendedAt'>[]): number {
  return records.reduce((latest, { appendedAt }) => Math.max(latest, appendedAt), 0);
}
