import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** What is still to be done, counted in the database, so that asking costs Faultline nothing. */
export interface Unfinished {
  readonly unsent: number;
  readonly openCommands: number;
}

/** The benchmark's own look at the journal; reads only. */
export class JournalLook {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(connectionString: string): Promise<JournalLook> {
    const client = new pg.Client({ connectionString });
    await client.connect();
    return new JournalLook(client);
  }

  async unfinished(): Promise<Unfinished> {
    const { rows } = await this.#client.query<{ unsent: string; commands: string }>(
      `SELECT (SELECT count(*) FROM journal.outbox WHERE sent_at IS NULL) AS unsent,
        (SELECT count(*) FROM journal.command WHERE status IN ('waiting', 'attempting')) AS commands`,
    );
    return { unsent: Number(rows[0]?.unsent ?? 0), openCommands: Number(rows[0]?.commands ?? 0) };
  }

  /** Next offset to be read, by `topic/partition`. */
  async consumed(group: string): Promise<ReadonlyMap<string, bigint>> {
    const { rows } = await this.#client.query<{ place: string; next_offset: string }>(
      `SELECT topic || '/' || log_partition AS place, next_offset FROM journal.consumed_offset
        WHERE consumer_group = $1`,
      [group],
    );
    return new Map(rows.map(({ place, next_offset: next }) => [place, BigInt(next)]));
  }

  async count(sql: string): Promise<number> {
    const { rows } = await this.#client.query<{ count: string }>(sql);
    return Number(rows[0]?.count ?? 0);
  }

  /** Resolves when nothing is unsent and no command open, at two looks one after the other. */
  async untilQuiet(patienceMs = 120_000): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (let quiet = 0; quiet < 2;) {
      const { unsent, openCommands } = await this.unfinished();
      quiet = unsent + openCommands === 0 ? quiet + 1 : 0;
      if (Date.now() > deadline)
        throw new Error(`${unsent} unsent and ${openCommands} open after ${patienceMs} ms`);
      await pause(25);
    }
  }

  close(): Promise<void> {
    return this.#client.end();
  }
}
