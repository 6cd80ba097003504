import type { EndOfPause, Pause, ToldPause } from '../../../domain/pause.js';
import type { PauseNews } from '../../ports/guard-book.js';
import type { JournalContext } from './context.js';
import { asJournalError } from './failures.js';
import { newsOfOutbox } from './notices.js';
import { insertOutbox } from './outbox-rows.js';

interface ChangeRow {
  readonly position: number;
  readonly change: ToldPause['change'];
  readonly pause: Pause;
  readonly ended: EndOfPause | null;
}

/** The table of 0030_pauses_are_told.sql, which a trigger fills. What was told stays there. */
export class PostgresPauseNews implements PauseNews {
  readonly #context: JournalContext;

  constructor(context: JournalContext) {
    this.#context = context;
  }

  async tell(limit: number): Promise<number> {
    const { database, notices, options } = this.#context;
    try {
      const keys = await database.transaction(async (transaction) => {
        const rows = await transaction.query<ChangeRow & Record<string, unknown>>({
          name: 'pause-news',
          // Whoever comes second waits, and finds them told.
          text: `SELECT position, change, pause, ended FROM journal.pause_change
            WHERE NOT told ORDER BY position LIMIT $1 FOR UPDATE`,
          values: [limit],
        });
        const entries = rows.map(({ change, pause, ended }) =>
          options.writer.pause({ change, pause, ...(ended === null ? {} : { ended }) }),
        );
        const told = {
          name: 'pause-told',
          text: 'UPDATE journal.pause_change SET told = true WHERE position = ANY ($1::bigint[])',
          values: [rows.map(({ position }) => position)],
        };
        return {
          result: entries.map(({ key }) => key),
          last: entries.length === 0 ? [] : [insertOutbox(entries, options.outboxPartitions), told],
        };
      });
      notices.committed(newsOfOutbox(keys, options.outboxPartitions));
      return keys.length;
    } catch (error) {
      throw asJournalError(error);
    }
  }
}
