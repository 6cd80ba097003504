import { appendedAgainWithinMs } from '../../journal/causes.js';
import type { LostInput, Upkeep } from '../../journal/options.js';
import type { LostRecords } from '../../../domain/signal.js';
import { storableText } from '../../../schemas/storable-text.js';
import type { Installation } from '../../ports/journal.js';
import { heads } from './commands.js';
import type { JournalContext } from './context.js';
import type { Statement, Transaction } from './database.js';
import { asJournalError } from './failures.js';
import { readInstallation } from './installation.js';
import { newEpochStatements } from './new-epoch.js';
import { newsOfWholeOutbox } from './notices.js';
import { sendAgain, tellLost } from './lost-input.js';

export class PostgresUpkeep implements Upkeep {
  readonly #context: JournalContext;

  constructor(context: JournalContext) {
    this.#context = context;
  }

  async resume(): Promise<Installation> {
    await this.#context.database.query({ text: 'UPDATE journal.installation SET paused = false' });
    return readInstallation(this.#context.database);
  }

  async startEpoch(): Promise<Installation> {
    const { database } = this.#context;
    try {
      await database.transaction(() => Promise.resolve({ result: undefined, last: newEpochStatements }));
    } catch (error) {
      throw asJournalError(error);
    }
    return readInstallation(database);
  }

  async startLogEpoch(order: Parameters<Upkeep['startLogEpoch']>[0]): Promise<number> {
    const { database, options, notices } = this.#context;
    const at = options.clock.now();
    try {
      const epoch = await database.transaction((transaction) => this.#beginLogEpoch(transaction, order, at));
      notices.committed(newsOfWholeOutbox(options.outboxPartitions));
      return epoch;
    } catch (error) {
      throw asJournalError(error);
    }
  }

  async #beginLogEpoch(
    transaction: Transaction,
    { subject, reason }: Parameters<Upkeep['startLogEpoch']>[0],
    at: number,
  ): Promise<{ readonly result: number; readonly last: readonly Statement[] }> {
    const [begun] = await transaction.query<{ log_epoch: number }>({
      text: 'UPDATE journal.installation SET log_epoch = log_epoch + 1 RETURNING log_epoch',
    });
    const abandoned = await transaction.query<LostRecords & Record<string, unknown>>({
      text: `DELETE FROM journal.consumed_offset
        RETURNING consumer_group AS "group", topic, log_partition AS partition, next_offset AS "from"`,
    });
    const result = begun?.log_epoch ?? 1;
    return {
      result,
      last: [
        {
          text: `INSERT INTO journal.log_epoch (log_epoch, started_at, subject, reason) VALUES ($1, $2, $3, $4)`,
          values: [result, at, storableText(subject), storableText(reason)],
        },
        ...[...new Set(abandoned.map(({ topic }) => topic))].map(sendAgain),
        ...(await tellLost(this.#context, transaction, abandoned, at)),
      ],
    };
  }

  async lostInput(): Promise<readonly LostInput[]> {
    const rows = await this.#context.database.query<Record<keyof LostInput, string | number>>({
      text: `SELECT consumer_group AS "group", topic, log_partition AS partition, from_offset::text AS "from",
          to_offset::text AS "to", noticed_at AS "noticedAt"
        FROM journal.lost_input ORDER BY noticed_at, topic, log_partition, from_offset`,
    });
    return rows.map((row) => ({
      group: String(row.group),
      topic: String(row.topic),
      partition: Number(row.partition),
      from: BigInt(row.from),
      to: BigInt(row.to),
      noticedAt: Number(row.noticedAt),
    }));
  }

  async inputGaps(): Promise<number> {
    const [row] = await this.#context.database.query<{ gaps: number }>({
      text: `SELECT log_epoch + (SELECT count(*) FROM journal.lost_input) AS gaps FROM journal.installation`,
    });
    return row?.gaps ?? 0;
  }

  async isIdle(now: number): Promise<boolean> {
    const [row] = await this.#context.database.query<{ busy: boolean }>({
      name: 'upkeep-idle',
      text: `SELECT EXISTS (SELECT FROM journal.outbox WHERE sent_at IS NULL)
          OR EXISTS (SELECT FROM journal.timer WHERE due_at <= $1)
          OR EXISTS (SELECT FROM ${heads} AND head.due_at <= $1) AS busy`,
      values: [now],
    });
    return row?.busy === false;
  }

  async prune(before: number): Promise<void> {
    const { database } = this.#context;
    await database.query({ text: 'SELECT journal.prune($1)', values: [before] });
    await database.query({
      text: 'SELECT journal.forget_reports($1, $2)',
      values: [before, appendedAgainWithinMs],
    });
  }
}
