import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { Client } from 'pg';

import type { Configuration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import type { DoctorCheck } from '../forms/doctor.js';
import type { Terminal } from '../terminal.js';
import { attempt } from './check.js';

const connectTimeoutMs = 5000;

/** The nearest folder upward that is there already: in it the rest is made. */
function existing(folder: string): string {
  const absolute = resolve(folder);
  return existsSync(absolute) || dirname(absolute) === absolute ? absolute : existing(dirname(absolute));
}

function checkFolder(folder: string): Promise<DoctorCheck> {
  const next = 'give installation.dataFolder a folder that this user may write';
  return attempt(`embedded database: write ${folder}`, next, () => {
    accessSync(existing(folder), constants.W_OK | constants.X_OK);
    return Promise.resolve('writable');
  });
}

async function askPostgres(configuration: Configuration, terminal: Terminal): Promise<string> {
  const { journal } = configuration;
  if (journal.kind === 'embedded') return 'embedded';
  const password =
    journal.password === undefined ? {} : { password: readSecret(journal.password, terminal.environment) };
  const client = new Client({
    connectionString: journal.connection,
    connectionTimeoutMillis: connectTimeoutMs,
    ...password,
  });
  // A connection that breaks also rejects the query that waits for it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; create: boolean }>(
      `SELECT current_setting('server_version') AS version,
              has_database_privilege(current_database(), 'CREATE') AS "create"`,
    );
    const [row] = rows;
    if (row?.create !== true) throw new Error('this user may not create schemas in the database');
    return `PostgreSQL ${row.version}`;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The journal, and the folder of what is embedded. */
export function checkJournal(configuration: Configuration, terminal: Terminal): Promise<DoctorCheck> {
  if (configuration.journal.kind === 'embedded') return checkFolder(configuration.dataFolder);
  const { host } = new URL(configuration.journal.connection);
  const next = 'check journal.connection and its password, and GRANT CREATE ON DATABASE to its user';
  return attempt(`journal: PostgreSQL at ${host}`, next, () => askPostgres(configuration, terminal));
}
