import type { LostInput, Upkeep } from '../../journal/options.js';
import type { Installation } from '../../ports/journal.js';
import { heads } from './commands.js';
import type { JournalContext } from './context.js';
import { readInstallation } from './installation.js';

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
    await this.#context.database.query({
      text: 'UPDATE journal.installation SET epoch = epoch + 1, paused = true',
    });
    return readInstallation(this.#context.database);
  }

  async startLogEpoch(): Promise<void> {
    await this.#context.database.query({
      text: `WITH begun AS (UPDATE journal.installation SET log_epoch = log_epoch + 1 RETURNING log_epoch)
        DELETE FROM journal.consumed_offset USING begun WHERE consumed_offset.log_epoch < begun.log_epoch`,
    });
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
    await this.#context.database.query({ text: 'SELECT journal.prune($1)', values: [before] });
  }
}
