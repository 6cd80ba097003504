import { neverRepeated } from '../../journal/unseen-attempts.js';
import type { Database, Statement } from './database.js';

/** This journal may not know what was done last: the next epoch, paused, in which nothing is done blindly. */
export const newEpochStatements: readonly Statement[] = [
  { text: 'UPDATE journal.installation SET epoch = epoch + 1, paused = true' },
  {
    text: `UPDATE journal.command SET attempts = greatest(attempts, 1), unfinished = true
      WHERE status IN ('waiting', 'attempting') AND command ->> 'type' = ANY ($1::text[])`,
    values: [neverRepeated],
  },
];

/** Which database this is, as far as it knows; undefined: its role may not ask. Another one after a dump was restored. */
async function readHome(database: Database): Promise<string | undefined> {
  const [allowed] = await database.query<{ allowed: boolean }>({
    text: `SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS allowed`,
  });
  if (allowed?.allowed !== true) return undefined;
  const [row] = await database.query<{ home: string }>({
    text: `SELECT system_identifier || '/' || (SELECT oid FROM pg_database WHERE datname = current_database()) AS home
      FROM pg_control_system()`,
  });
  return row?.home;
}

/**
 * Begins a new epoch when the journal's tables lie in another database than before: they were restored from a copy. A
 * data directory that was copied or recovered to a point in time looks the same from inside: there an operator tells.
 * @returns whether it did
 */
export async function noticeRestoredDatabase(database: Database): Promise<boolean> {
  const home = await readHome(database);
  if (home === undefined) return false;
  return database.transaction(async (transaction) => {
    const [stored] = await transaction.query<{ home: string }>({
      text: 'SELECT home FROM faultline.journal_home FOR UPDATE',
    });
    const isRestored = stored !== undefined && stored.home !== home;
    const keep: Statement = {
      text: `INSERT INTO faultline.journal_home (home) VALUES ($1)
        ON CONFLICT (only_row) DO UPDATE SET home = excluded.home`,
      values: [home],
    };
    return { result: isRestored, last: [...(isRestored ? newEpochStatements : []), keep] };
  });
}
