import { storableText } from '../../../schemas/storable-text.js';
import type {
  DeadLetterBook,
  DeadLetterDecision,
  DeadLetterPlace,
  HandledDeadLetter,
} from '../../ports/dead-letters.js';
import type { NewOutboxEntry } from '../../ports/journal.js';
import type { JournalContext } from './context.js';
import type { Statement } from './database.js';
import { asJournalError } from './failures.js';
import { newsOfOutbox } from './notices.js';
import { insertOutbox } from './outbox-rows.js';

type Letters = Parameters<DeadLetterBook['handle']>[0];

function placeOf({ partition, offset }: Pick<DeadLetterPlace, 'partition' | 'offset'>): string {
  return `${partition}/${offset}`;
}

/** The table journal.dead_letter. */
export class PostgresDeadLetters implements DeadLetterBook {
  readonly #context: JournalContext;

  constructor(context: JournalContext) {
    this.#context = context;
  }

  async handled(logId: string, topic: string): Promise<readonly HandledDeadLetter[]> {
    const rows = await this.#context.database.query<
      Omit<HandledDeadLetter, 'offset'> & { readonly offset: string }
    >({
      text: `SELECT log_id AS "logId", topic, log_partition AS partition, log_offset::text AS offset, handled, at, subject,
          reason
        FROM journal.dead_letter WHERE log_id = $1 AND topic = $2 ORDER BY log_partition, log_offset`,
      values: [logId, topic],
    });
    return rows.map((row) => ({ ...row, offset: BigInt(row.offset) }));
  }

  async handle(letters: Letters, decision: DeadLetterDecision): Promise<readonly DeadLetterPlace[]> {
    const { database, notices, options } = this.#context;
    try {
      const { places, keys } = await database.transaction(async (transaction) => {
        const marked = await transaction.query<{ topic: string; partition: number; offset: string }>(
          mark(letters, decision),
        );
        const isNew = new Set(
          marked.map((row) => `${row.topic}/${placeOf({ ...row, offset: BigInt(row.offset) })}`),
        );
        const now = letters.filter(({ place }) => isNew.has(`${place.topic}/${placeOf(place)}`));
        const entries = now.flatMap(({ entry }): NewOutboxEntry[] => (entry === undefined ? [] : [entry]));
        return {
          result: { places: now.map(({ place }) => place), keys: entries.map(({ key }) => key) },
          last: entries.length === 0 ? [] : [insertOutbox(entries, options.outboxPartitions)],
        };
      });
      notices.committed(newsOfOutbox(keys, options.outboxPartitions));
      return places;
    } catch (error) {
      throw asJournalError(error);
    }
  }
}

/** Sorted, so that two who handle the same letters at once can't block each other. */
function mark(letters: Letters, { handled, at, subject, reason }: DeadLetterDecision): Statement {
  const places = letters.map(({ place }) => place);
  return {
    text: `INSERT INTO journal.dead_letter (log_id, topic, log_partition, log_offset, handled, at, subject, reason)
      SELECT log_id, topic, log_partition, log_offset, $5, $6, $7, $8
      FROM unnest($1::text[], $2::text[], $3::integer[], $4::bigint[])
        AS letter (log_id, topic, log_partition, log_offset)
      ORDER BY 1, 2, 3, 4
      ON CONFLICT DO NOTHING
      RETURNING topic, log_partition AS partition, log_offset::text AS offset`,
    values: [
      places.map(({ logId }) => logId),
      places.map(({ topic }) => topic),
      places.map(({ partition }) => partition),
      places.map(({ offset }) => offset.toString()),
      handled,
      at,
      storableText(subject),
      storableText(reason),
    ],
  };
}
