import pg from 'pg';
import { JournalMismatch } from '../journal/options.js';
import type { ArchiveFiles, ArchiveIndex } from '../ports/archive.js';
import type { GuardBook } from '../ports/guard-book.js';
import type { GuardHistory } from '../ports/guard-history.js';
import type { FleetInventory, History, Installation } from '../ports/journal.js';
import { PostgresArchiveIndex } from './journal/archive-index.js';
import { connectionSettings, Database } from './journal/database.js';
import { asJournalError } from './journal/failures.js';
import { PostgresHistory } from './journal/history.js';
import { readInstallation } from './journal/installation.js';
import { PostgresGuardBook } from './journal/guard-book.js';
import { PostgresGuardHistory } from './journal/guard-history.js';
import { PostgresFleetInventory } from './journal/inventory.js';
import { PostgresKeptFacts } from './journal/kept-facts.js';
import { MigrationRefused } from './migrate.js';

/** A journal that is only read: nothing of it is changed, or could be, by the role under which it is asked. */
export interface JournalReader {
  readonly history: History;
  readonly archive: ArchiveIndex;
  readonly inventory: Pick<FleetInventory, 'member' | 'picture' | 'places'>;
  readonly guardBook: Pick<GuardBook, 'cases' | 'history'>;
  readonly guardHistory: GuardHistory;
  readonly installation: Installation;
  close(): Promise<void>;
}

/** Nothing was ever decided in this database: it has no journal. */
export class JournalAbsent extends Error {
  override readonly name = 'JournalAbsent';
}

/** There is no role to read under, or the table that each journal begins with is missing or empty. */
function isAbsence(error: unknown): boolean {
  if (error instanceof JournalMismatch) return true;
  if (!(error instanceof pg.DatabaseError)) return false;
  if (error.code === '22023') return error.message.includes('"faultline_reader" does not exist');
  return error.code === '42P01' && error.message.includes('journal.installation');
}

/** Missing schema, table or column. */
const otherSchema = new Set(['3F000', '42P01', '42703']);

/**
 * Opens the journal under the role of replay, beside whoever works on it. Rejects with JournalUnavailable when the database
 * can't be reached, JournalAbsent when it has no journal, MigrationRefused when its tables are not those of this version.
 * @param files where archived facts are read; without it those can't be read
 */
export async function openJournalReader(
  connectionString: string,
  files?: Pick<ArchiveFiles, 'read'>,
): Promise<JournalReader> {
  const database = new Database(
    connectionSettings({ connectionString, name: 'replay', session: ['role=faultline_reader'] }),
    2,
  );
  const history = new PostgresHistory(database, files);
  const archive = new PostgresArchiveIndex(database);
  const inventory = new PostgresFleetInventory(database);
  try {
    const installation = await readInstallation(database);
    // None of an archive: its files are asked for by whoever needs them.
    await new PostgresKeptFacts(database).publishedFacts({ limit: 1 });
    await archive.finishedAt();
    return {
      ...{ history, archive, inventory },
      guardBook: new PostgresGuardBook(database),
      guardHistory: new PostgresGuardHistory(database),
      installation,
      close: () => database.close(),
    };
  } catch (error) {
    await database.close();
    if (isAbsence(error)) throw new JournalAbsent('this database has no journal', { cause: error });
    if (error instanceof pg.DatabaseError && otherSchema.has(error.code ?? ''))
      throw new MigrationRefused(
        `the journal's tables are not those of this version (${error.message}): start this version once with \`faultline run\``,
        { cause: error },
      );
    throw asJournalError(error);
  }
}
