import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { anyLength } from './journal/database.js';
import { borrow, giveBack } from './lent-connection.js';

/** The database's schema can't be brought up to date; nothing was changed by the file that is named. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}

/** One numbered file. */
export interface Migration {
  readonly file: string;
  readonly sql: string;
  readonly hash: string;
}

/** One lock for all folders: they create objects of the whole server (schemas, roles). */
const migrationLock = 'faultline.migrate';

/**
 * Where the project's own migrations of one part lie, found from the sources as well as from `dist/` (the build copies
 * no SQL).
 */
export function migrationsFolder(part: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new MigrationRefused(`no package.json above ${import.meta.url}: reinstall Faultline`);
    folder = parent;
  }
  return join(folder, 'adapters/postgres/migrations', part);
}

/**
 * Applies the numbered `.sql` files of `folder` that this database has not seen, in order, each in its own
 * transaction. Safe to call from many processes at once (advisory lock) and any number of times. Rejects with
 * MigrationRefused when an applied file was edited or removed, or when the database is newer than these files.
 *
 * @returns names of the files that were applied now
 */
export async function migrate(pool: pg.Pool, folder: string): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  const client = await borrow(pool);
  let isDone = false;
  try {
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [migrationLock]);
    await prepareLedger(client);
    const applied = await checkApplied(client, basename(folder), migrations);
    const missing = migrations.slice(applied);
    for (const migration of missing) await apply(client, basename(folder), migration);
    await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [migrationLock]);
    isDone = true;
    return missing.map(({ file }) => file);
  } finally {
    // A connection that failed midway still holds the lock: closing it is what surely gives the lock back.
    giveBack(client, !isDone);
  }
}

/** The files of a folder, in order. Rejects with MigrationRefused when their numbers have gaps. */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort();
  if (files.length === 0) throw new MigrationRefused(`no .sql files in ${folder}: reinstall Faultline`);
  files.forEach((file, index) => {
    if (Number(/^(\d{4})_/.exec(file)?.[1]) !== index + 1) {
      throw new MigrationRefused(
        `${join(folder, file)} should be number ${index + 1}: name the files 0001_what.sql, 0002_what.sql… without gaps`,
      );
    }
  });
  return Promise.all(
    files.map(async (file) => {
      const sql = await readFile(join(folder, file), 'utf8');
      return { file, sql, hash: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** Makes the table of what is applied. */
export async function prepareLedger(client: pg.ClientBase): Promise<void> {
  await client.query('CREATE SCHEMA IF NOT EXISTS faultline');
  await client.query(`CREATE TABLE IF NOT EXISTS faultline.applied_migration (
    part text NOT NULL,
    file text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (part, file))`);
  // Which database the journal was last opened in: here and not in the journal, since no backup may carry it along.
  await client.query(`CREATE TABLE IF NOT EXISTS faultline.journal_home (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    home text NOT NULL)`);
}

/** How many of `migrations` are applied; refuses when what was applied is not what the files say. */
async function checkApplied(
  client: pg.PoolClient,
  part: string,
  migrations: readonly Migration[],
): Promise<number> {
  const { rows } = await client.query<{ file: string; sha256: string }>(
    'SELECT file, sha256 FROM faultline.applied_migration WHERE part = $1 ORDER BY file COLLATE "C"',
    [part],
  );
  rows.forEach((row, index) => {
    const migration = migrations[index];
    if (migration?.file !== row.file) {
      throw new MigrationRefused(
        `the database has the migration ${part}/${row.file} that this version does not know: run the version that wrote it, or a newer one`,
      );
    }
    if (migration.hash !== row.sha256) {
      throw new MigrationRefused(
        `the migration ${part}/${row.file} was edited after it was applied: restore the file and write a new one`,
      );
    }
  });
  return rows.length;
}

/** Applies one file in the transaction that is open. */
export async function applyWithin(
  client: pg.ClientBase,
  part: string,
  { file, sql, hash }: Migration,
): Promise<void> {
  await client.query({ text: sql, ...anyLength });
  await client.query('INSERT INTO faultline.applied_migration (part, file, sha256) VALUES ($1, $2, $3)', [
    part,
    file,
    hash,
  ]);
}

async function apply(client: pg.PoolClient, part: string, migration: Migration): Promise<void> {
  await client.query('BEGIN');
  // Building an index or rewriting a table may take longer than any statement of daily work.
  await client.query('SET LOCAL statement_timeout = 0; SET LOCAL transaction_timeout = 0');
  try {
    await applyWithin(client, part, migration);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new MigrationRefused(
      `${part}/${migration.file} failed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
