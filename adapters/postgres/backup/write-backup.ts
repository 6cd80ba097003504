import pg from 'pg';
import {
  BackupDigest,
  BackupRefused,
  notBackedUp,
  partNames,
  schemaOfPart,
  type BackedUpInstallation,
  type BackedUpPart,
  type BackupHead,
} from './backup-form.js';

const rowsAtOnce = 500;

export interface WriteBackupOptions {
  readonly connectionString: string;
  /** Of this Faultline. */
  readonly version: string;
  /** ms */
  readonly takenAt: number;
}

/**
 * The lines of a backup, one consistent moment of the whole database: journal, and event log where it lies in the same
 * database. Reads as it is consumed and holds no more than a few hundred rows. Running copies are not disturbed.
 * Rejects with BackupRefused when there is no journal.
 */
export async function* writeBackup(options: WriteBackupOptions): AsyncGenerator<string> {
  const client = new pg.Client({
    connectionString: options.connectionString,
    application_name: 'faultline-backup',
  });
  client.on('error', () => undefined);
  await client.connect();
  const digest = new BackupDigest();
  const counted = (line: string): string => {
    digest.add(line);
    return line;
  };
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query('SET LOCAL statement_timeout = 0; SET LOCAL transaction_timeout = 0');
    const head = await readHead(client, options);
    yield counted(JSON.stringify({ head }));
    for (const { part } of head.parts) {
      for (const table of await tablesOf(client, schemaOfPart[part])) {
        yield counted(JSON.stringify({ table }));
        for await (const json of rowsOf(client, table)) yield counted(`[${json}]`);
      }
      for (const line of await sequenceLines(client, schemaOfPart[part])) yield counted(line);
    }
    yield JSON.stringify({ end: digest.end() });
  } finally {
    await client.end();
  }
}

async function readHead(client: pg.Client, { version, takenAt }: WriteBackupOptions): Promise<BackupHead> {
  const parts: BackedUpPart[] = [];
  for (const part of partNames) {
    const migrations = await migrationsOf(client, part);
    if (migrations.length > 0) parts.push({ part, migrations });
  }
  if (!parts.some(({ part }) => part === 'journal')) {
    throw new BackupRefused('there is no journal in this database: nothing to keep');
  }
  const { rows } = await client.query<BackedUpInstallation>(
    'SELECT id, epoch, partition_count AS "partitionCount" FROM journal.installation',
  );
  const [installation] = rows;
  if (installation === undefined) throw new BackupRefused('the journal was never opened: nothing to keep');
  return { form: 'faultline-backup/1', version, takenAt, installation, parts };
}

async function migrationsOf(client: pg.Client, part: string): Promise<BackedUpPart['migrations']> {
  const { rows: ledgers } = await client.query<{ ledger: string | null }>(
    "SELECT to_regclass('faultline.applied_migration') AS ledger",
  );
  if (typeof ledgers[0]?.ledger !== 'string') return [];
  const { rows } = await client.query<{ file: string; sha256: string }>(
    'SELECT file, sha256 FROM faultline.applied_migration WHERE part = $1 ORDER BY file COLLATE "C"',
    [part],
  );
  return rows;
}

/** In the order in which they were made: what others refer to comes first. */
async function tablesOf(client: pg.Client, schema: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT nspname || '.' || relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = $1 AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY pg_class.oid`,
    [schema],
  );
  return rows.map(({ name }) => name).filter((name) => !notBackedUp.includes(name));
}

async function* rowsOf(client: pg.Client, table: string): AsyncGenerator<string> {
  await client.query(
    `DECLARE backup NO SCROLL CURSOR FOR SELECT row_to_json(stored)::text AS json FROM ${table} AS stored`,
  );
  for (;;) {
    const { rows } = await client.query<{ json: string }>(`FETCH ${rowsAtOnce} FROM backup`);
    for (const { json } of rows) yield json;
    if (rows.length < rowsAtOnce) break;
  }
  await client.query('CLOSE backup');
}

/** Where counting goes on: positions are never given out twice, also when their rows are gone. */
async function sequenceLines(client: pg.Client, schema: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ sequence: string; value: string }>(
    `SELECT schemaname || '.' || sequencename AS sequence, last_value::text AS value
     FROM pg_sequences WHERE schemaname = $1 AND last_value IS NOT NULL ORDER BY 1`,
    [schema],
  );
  return rows
    .filter(({ sequence }) => !notBackedUp.some((table) => sequence.startsWith(`${table}_`)))
    .map((row) => JSON.stringify(row));
}
