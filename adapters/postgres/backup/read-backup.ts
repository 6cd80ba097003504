import pg from 'pg';
import { newEpochStatements } from '../journal/new-epoch.js';
import { applyWithin, migrationsFolder, prepareLedger, readMigrations, type Migration } from '../migrate.js';
import {
  BackupDigest,
  BackupRefused,
  readBackupLine,
  schemaOfPart,
  type BackedUpPart,
  type BackupHead,
  type BackupLine,
} from './backup-form.js';
import { knownName, RowWriter } from './row-writer.js';

export interface ReadBackupOptions {
  readonly connectionString: string;
  /** Of a backup file, in order. */
  readonly lines: AsyncIterable<string>;
  /** Throws when what the head says does not fit what is configured. */
  readonly check: (head: BackupHead) => void;
}

export interface Restored {
  readonly head: BackupHead;
  readonly rows: number;
  /** Names the content of the file. */
  readonly sha256: string;
  /** Exactly this file was taken in before: nothing was changed. */
  readonly wasThere: boolean;
  /** A log epoch for it has begun. */
  readonly isFollowed: boolean;
}

/** Under which the log epoch stands that follows a restoration. */
export function reasonOfRestoration(sha256: string): string {
  return `restored from a backup (${sha256})`;
}

/**
 * Takes a backup into a database whose journal is empty, in one transaction: schema as it was, rows, then the newer
 * migrations, then a new epoch. A second time it changes nothing. Rejects with BackupRefused, and nothing is changed,
 * when the file is no whole backup or the journal holds something else.
 */
export async function readBackup({ connectionString, lines, check }: ReadBackupOptions): Promise<Restored> {
  const client = new pg.Client({ connectionString, application_name: 'faultline-backup' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SET LOCAL statement_timeout = 0; SET LOCAL transaction_timeout = 0');
    const restored = await restore(client, checkedLines(lines), check);
    await client.query('COMMIT');
    return restored;
  } catch (error) {
    // What fails now tells less than what failed before.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error instanceof pg.DatabaseError
      ? new BackupRefused(`the database refuses the file: ${error.message}`, { cause: error })
      : error;
  } finally {
    await client.end();
  }
}

/** The lines with their meaning; throws BackupRefused unless they are whole, at the end as well. */
async function* checkedLines(lines: AsyncIterable<string>): AsyncGenerator<BackupLine, void> {
  const digest = new BackupDigest();
  let ended = false;
  for await (const text of lines) {
    if (ended) throw new BackupRefused('the file goes on behind its end: it was changed');
    const line = readBackupLine(text);
    if (line.kind === 'end') {
      const { rows, sha256 } = digest.end();
      if (line.rows !== rows || line.sha256 !== sha256) {
        throw new BackupRefused('the digest at its end is not that of the file: it was changed');
      }
      ended = true;
    } else digest.add(text);
    yield line;
  }
  if (!ended) throw new BackupRefused('the file has no end: it was cut off');
}

async function restore(
  client: pg.Client,
  lines: AsyncGenerator<BackupLine, void>,
  check: (head: BackupHead) => void,
): Promise<Restored> {
  const first = await lines.next();
  if (first.done === true || first.value.kind !== 'head') {
    throw new BackupRefused('the file does not begin like a backup');
  }
  const { head } = first.value;
  if (head.form !== 'faultline-backup/1') {
    throw new BackupRefused(
      `the form ${head.form} is not known here: use the Faultline that wrote it, or a newer one`,
    );
  }
  check(head);
  const held = await whatIsThere(client);
  if (held !== undefined) return { head, ...(await recognise(client, lines, held)), wasThere: true };
  await prepareLedger(client);
  const newer: (readonly [part: string, migration: Migration])[] = [];
  for (const part of head.parts) {
    for (const migration of await buildPart(client, part)) newer.push([part.part, migration]);
  }
  const end = await takeLines(client, lines, new RowWriter(client));
  for (const [part, migration] of newer) await applyWithin(client, part, migration);
  for (const { text, values } of newEpochStatements) await client.query(text, values && [...values]);
  await remember(client, end.sha256);
  return { head, ...end, wasThere: false, isFollowed: false };
}

/** Kept beside the journal: what is in a backup must not say what that backup was restored from. */
async function remember(client: pg.Client, sha256: string): Promise<void> {
  await client.query('CREATE TABLE IF NOT EXISTS faultline.restored_backup (sha256 text PRIMARY KEY)');
  await client.query('INSERT INTO faultline.restored_backup (sha256) VALUES ($1)', [sha256]);
}

/** Throws BackupRefused unless it is this file that the journal was restored from. */
async function recognise(
  client: pg.Client,
  lines: AsyncGenerator<BackupLine, void>,
  held: string,
): Promise<Pick<Restored, 'rows' | 'sha256' | 'isFollowed'>> {
  const end = await takeLines(client, lines);
  const isKnown =
    (await isTable(client, 'faultline.restored_backup')) &&
    (await isAny(client, 'SELECT FROM faultline.restored_backup WHERE sha256 = $1', [end.sha256]));
  if (!isKnown) {
    throw new BackupRefused(
      `${held} is not empty: a backup is taken only into a new installation; name another database or data folder`,
    );
  }
  const reason = reasonOfRestoration(end.sha256);
  const isFollowed = await isAny(client, 'SELECT FROM journal.log_epoch WHERE reason = $1', [reason]);
  return { ...end, isFollowed };
}

async function isAny(client: pg.Client, text: string, values: readonly unknown[] = []): Promise<boolean> {
  return (await client.query(text, [...values])).rows.length > 0;
}

function isTable(client: pg.Client, table: string): Promise<boolean> {
  return isAny(client, 'SELECT WHERE to_regclass($1) IS NOT NULL', [table]);
}

const signsOfLife = [
  'faultline.restored_backup',
  'journal.node_state',
  'journal.command',
  'journal.outbox',
  'event_log.log_record',
];

/** The first table that an installation at work, or a restoration, has written to; undefined: there was none. */
async function whatIsThere(client: pg.Client): Promise<string | undefined> {
  for (const table of signsOfLife) {
    if ((await isTable(client, table)) && (await isAny(client, `SELECT FROM ${table} LIMIT 1`))) return table;
  }
  return undefined;
}

/** The schema as it was when the backup was made. Returns the migrations that came later. */
async function buildPart(
  client: pg.Client,
  { part, migrations }: BackedUpPart,
): Promise<readonly Migration[]> {
  const known = await readMigrations(migrationsFolder(part));
  migrations.forEach(({ file, sha256 }, index) => {
    if (known[index]?.file === file && known[index].hash === sha256) return;
    throw new BackupRefused(
      `it was made with the migration ${part}/${file}, which this version does not have: use a newer Faultline`,
    );
  });
  await client.query(`DROP SCHEMA IF EXISTS ${schemaOfPart[part]} CASCADE`);
  await client.query('DELETE FROM faultline.applied_migration WHERE part = $1', [part]);
  for (const migration of known.slice(0, migrations.length)) await applyWithin(client, part, migration);
  return known.slice(migrations.length);
}

/** Reads to the end; without a writer only to see what it is. */
async function takeLines(
  client: pg.Client,
  lines: AsyncGenerator<BackupLine, void>,
  writer?: RowWriter,
): Promise<{ readonly rows: number; readonly sha256: string }> {
  let end: { readonly rows: number; readonly sha256: string } | undefined;
  for await (const line of lines) {
    if (line.kind === 'head') throw new BackupRefused('the file has two heads: it was changed');
    if (line.kind === 'row') await writer?.add(line.json);
    if (line.kind === 'table') await writer?.begin(line.table);
    if (line.kind === 'sequence' && writer !== undefined) {
      await client.query('SELECT setval($1::regclass, $2::bigint)', [knownName(line.sequence), line.value]);
    }
    if (line.kind === 'end') end = { rows: line.rows, sha256: line.sha256 };
  }
  await writer?.flush();
  if (end === undefined) throw new BackupRefused('the file has no end: it was cut off');
  return end;
}
