import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../../adapters/postgres/embedded-server.js';
import { migrate, migrationsFolder } from '../../../adapters/postgres/migrate.js';

export interface TestServer {
  /** Connection string of an empty database with the journal's schema. */
  createDatabase(): Promise<string>;
  /** Takes one back that nobody is connected to, emptied, to be given out again: a new one writes 18 MB first. */
  giveBackDatabase(connectionString: string): Promise<void>;
  /** Connection string of a fresh database with nothing in it. */
  createEmptyDatabase(): Promise<string>;
  /** As a dump of this database, restored in another: nobody may be connected to it. */
  copyDatabase(connectionString: string): Promise<string>;
  query(sql: string): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** As it was after its migrations: they leave no row in any table. */
const emptied = `
  SET session_replication_role = replica;
  DO $$ DECLARE relation record; BEGIN
    FOR relation IN SELECT oid::regclass AS name, relkind AS kind FROM pg_class
      WHERE relnamespace IN ('journal'::regnamespace, 'faultline'::regnamespace)
        AND relkind IN ('r', 'p', 'S') AND NOT relispartition AND relname <> 'applied_migration' LOOP
      IF relation.kind = 'S' THEN PERFORM setval(relation.name, 1, false);
      ELSE EXECUTE format('DELETE FROM %s', relation.name); END IF;
    END LOOP;
  END $$`;

async function empty(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(emptied);
  } finally {
    await client.end();
  }
}

/** A PostgreSQL of this test file's own; databases are copies of a template, so that none sees another's rows. */
export async function startTestServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-journal-'));
  const server = await startEmbeddedPostgres({ dataFolder: folder, durability: 'fast' });
  const admin = new pg.Pool({ connectionString: server.connectionString, max: 1 });
  admin.on('error', () => undefined);
  const of = (database: string): string => {
    const url = new URL(server.connectionString);
    url.pathname = `/${database}`;
    return url.toString();
  };
  await admin.query('CREATE DATABASE journal_template');
  const template = new pg.Pool({ connectionString: of('journal_template'), max: 1 });
  await migrate(template, migrationsFolder('journal'));
  await template.end();
  let made = 0;
  const givenBack: string[] = [];
  const create = async (template: string): Promise<string> => {
    made += 1;
    await admin.query(`CREATE DATABASE test_${made} TEMPLATE ${template}`);
    return of(`test_${made}`);
  };
  return {
    createDatabase: async () => givenBack.pop() ?? create('journal_template'),
    giveBackDatabase: async (connectionString) => {
      await empty(connectionString);
      givenBack.push(connectionString);
    },
    createEmptyDatabase: () => create('template1'),
    copyDatabase: (connectionString) => create(new URL(connectionString).pathname.slice(1)),
    query: async (sql) => (await admin.query<Record<string, unknown>>(sql)).rows,
    stop: async () => {
      const { rows } = await admin.query<{ pid: number }>(
        "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::integer AS pid",
      );
      await admin.end();
      // At once: a hundred databases that are thrown away need not be written to a busy disk first.
      for (const { pid } of rows) process.kill(pid, 'SIGQUIT');
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
