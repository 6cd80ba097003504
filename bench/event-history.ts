import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { allEvents } from '../schemas/codec.js';
import { bundledSchemaIds } from '../adapters/schema-registry/bundled.js';
import { frame } from '../schemas/wire-format.js';
import type { BareMessages } from './bare-produce.js';
import { startServicesOn, type EventSite } from './event-site.js';
import { progress } from './progress.js';
import { ReportSender } from './report-sender.js';
import { ReportStream } from './report-stream.js';

const reportsPerRequest = 128;
const patienceMs = 120_000;

/**
 * A journal with many facts, and an outbox with many entries: the first are decided by Faultline, of one report for each of a
 * thousand nodes; the others are those again, for nodes of other names.
 */
export class EventHistory {
  readonly #database: pg.Client;

  private constructor(database: pg.Client) {
    this.#database = database;
  }

  static async make(
    site: EventSite,
    wanted: { readonly facts: number; readonly entries: number },
  ): Promise<EventHistory> {
    await decideSome(site);
    const database = new pg.Client({ connectionString: site.stack.connectionString });
    await database.connect();
    const history = new EventHistory(database);
    await history.#multiply(wanted);
    return history;
  }

  facts(): Promise<number> {
    return this.#count('SELECT count(*) FROM journal.fact');
  }

  unsent(): Promise<number> {
    return this.#count(`SELECT count(*) FROM journal.outbox WHERE sent_at IS NULL`);
  }

  /** What the relay is going to send, as KafkaJS takes it. */
  async unsentMessages(): Promise<readonly BareMessages[number][]> {
    const { rows } = await this.#database.query<{
      topic: string;
      key: string;
      event: string;
      body: Buffer;
      headers: Record<string, string>;
    }>('SELECT topic, key, event, body, headers FROM journal.outbox WHERE sent_at IS NULL ORDER BY position');
    const schemaIds = bundledSchemaIds();
    const ids = new Map<string, number>(
      await Promise.all(allEvents.map(async (event) => [event, await schemaIds.idOf(event)] as const)),
    );
    return rows.map(({ topic, key, event, body, headers }) => ({
      topic,
      message: { key, value: frame(ids.get(event) ?? 0, body), headers },
    }));
  }

  close(): Promise<void> {
    return this.#database.end();
  }

  async #count(sql: string): Promise<number> {
    const { rows } = await this.#database.query<{ count: string }>(sql);
    return Number(rows[0]?.count ?? 0);
  }

  async #multiply({ facts, entries }: { readonly facts: number; readonly entries: number }): Promise<void> {
    const copies = (wanted: number, there: number): number => Math.max(0, Math.ceil(wanted / there) - 1);
    await this.#database.query(`DELETE FROM journal.outbox WHERE event = 'Signal' OR event IS NULL`);
    await this.#database.query(
      `INSERT INTO journal.fact (node_key, version, type, at, cause_id, process_id, data, patch, evolve_version, epoch, caused_by)
        SELECT node_key || '-' || copy, version, type, at, cause_id, process_id, data, patch, evolve_version, epoch, caused_by
        FROM journal.fact, generate_series(1, $1::integer) AS copy`,
      [copies(facts, await this.facts())],
    );
    await this.#database.query(
      `INSERT INTO journal.outbox (outbox_partition, topic, key, event, body, headers)
        SELECT outbox_partition, topic, key || '-' || copy, event, body, headers
        FROM generate_series(1, $1::integer) AS copy, (SELECT * FROM journal.outbox ORDER BY position) AS entry`,
      [copies(entries, await this.unsent())],
    );
    await this.#database.query('VACUUM ANALYZE journal.fact, journal.outbox');
  }
}

async function decideSome(site: EventSite): Promise<void> {
  const faultline = await startServicesOn(site, ['intake', 'maintenance']);
  const sender = new ReportSender(faultline.url);
  const database = new pg.Client({ connectionString: site.stack.connectionString });
  await database.connect();
  try {
    const lines = new ReportStream().beginning();
    progress(`deciding ${lines.length} reports`);
    for (let first = 0; first < lines.length; first += reportsPerRequest)
      await sender.send(lines.slice(first, first + reportsPerRequest));
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const { rows } = await database.query<{ nodes: string }>(
        `SELECT count(*) AS nodes FROM journal.fact WHERE type = 'FaultOpened'`,
      );
      if (Number(rows[0]?.nodes) === lines.length) return;
      if (Date.now() > deadline) throw new Error(`only ${rows[0]?.nodes ?? 0} reports were decided`);
      await pause(100);
    }
  } finally {
    await database.end();
    await sender.close();
    await faultline.process.stop();
  }
}
