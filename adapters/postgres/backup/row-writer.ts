import type pg from 'pg';
import { BackupRefused, notBackedUp } from './backup-form.js';

const rowsAtOnce = 500;
const charactersAtOnce = 4_000_000;

/** Names go into statements: nothing but names of our own schemas. */
export function knownName(name: string): string {
  if (/^(journal|event_log)\.[a-z0-9_]+$/.test(name) && !notBackedUp.includes(name)) return name;
  throw new BackupRefused(`${name} is no table of a backup`);
}

/** Writes rows of one table after the other, some hundred at once. */
export class RowWriter {
  readonly #client: pg.Client;
  #table: string | undefined;
  #rows: string[] = [];
  #characters = 0;

  constructor(client: pg.Client) {
    this.#client = client;
  }

  /** What the migrations put there themselves is in the backup too. */
  async begin(table: string): Promise<void> {
    await this.flush();
    this.#table = knownName(table);
    await this.#client.query(`DELETE FROM ${this.#table}`);
  }

  async add(json: string): Promise<void> {
    this.#rows.push(json);
    this.#characters += json.length;
    if (this.#rows.length >= rowsAtOnce || this.#characters >= charactersAtOnce) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#rows.length === 0) return;
    if (this.#table === undefined)
      throw new BackupRefused('rows before the first table: the file was changed');
    const text = `INSERT INTO ${this.#table} OVERRIDING SYSTEM VALUE
      SELECT * FROM json_populate_recordset(NULL::${this.#table}, $1::json)`;
    await this.#client.query(text, [`[${this.#rows.join(',')}]`]);
    this.#rows = [];
    this.#characters = 0;
  }
}
