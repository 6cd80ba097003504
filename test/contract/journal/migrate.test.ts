import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrate, MigrationRefused, migrationsFolder } from '../../../adapters/postgres/migrate.js';
import { startTestServer, type TestServer } from './postgres-server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe('migrate', () => {
  let pool: pg.Pool;
  let parent: string;
  let folder: string;
  beforeEach(async () => {
    pool = new pg.Pool({ connectionString: await server.createEmptyDatabase(), max: 8 });
    parent = await mkdtemp(join(tmpdir(), 'faultline-migrate-'));
    folder = join(parent, 'journal');
    await cp(migrationsFolder('journal'), folder, { recursive: true });
  });
  afterEach(async () => {
    await pool.end();
    await rm(parent, { recursive: true, force: true });
  });

  const shipped = async (): Promise<readonly string[]> => (await readdir(folder)).sort();
  /** The file that follows those that are shipped. */
  const following = async (what: string): Promise<string> =>
    `${String((await shipped()).length + 1).padStart(4, '0')}_${what}.sql`;

  it('applies every file once, in order', async () => {
    const applied = await migrate(pool, folder);
    expect(applied.length).toBeGreaterThan(2);
    expect(applied).toEqual([...applied].sort());
    expect(await migrate(pool, folder)).toEqual([]);
  });

  it('is applied once when many start at the same time', async () => {
    const applied = await Promise.all(Array.from({ length: 6 }, () => migrate(pool, folder)));
    expect(applied.filter((files) => files.length > 0)).toHaveLength(1);
  });

  it('that waits for another one is refused when its connection breaks: it ended the process', async () => {
    const other = await pool.connect();
    await other.query("SELECT pg_advisory_lock(hashtextextended('faultline.migrate', 0))");
    const refused = expect(migrate(pool, folder)).rejects.toThrow(/terminat/);
    const cut = (): Promise<number> =>
      other
        .query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        .then(({ rows }) => rows.length);
    await expect.poll(cut).toBe(1);
    await refused;
    other.release();
  });

  it('applies only the new file later on, with rows in the tables', async () => {
    await migrate(pool, folder);
    await pool.query("INSERT INTO journal.installation VALUES (true, 'x', 1, true, 1, 4, 2)");
    await writeFile(join(folder, '0099_gap.sql'), 'ALTER TABLE journal.installation ADD COLUMN note text');
    await expect(migrate(pool, folder)).rejects.toBeInstanceOf(MigrationRefused);
    await rm(join(folder, '0099_gap.sql'));
    const note = await following('note');
    await writeFile(join(folder, note), 'ALTER TABLE journal.installation ADD COLUMN note text');
    expect(await migrate(pool, folder)).toEqual([note]);
    const { rows } = await pool.query('SELECT id, note FROM journal.installation');
    expect(rows).toEqual([{ id: 'x', note: null }]);
  });

  it('refuses a file that was edited after it was applied', async () => {
    await migrate(pool, folder);
    await writeFile(join(folder, '0001_journal.sql'), 'SELECT 1');
    await expect(migrate(pool, folder)).rejects.toThrow(/0001_journal.sql was edited/);
  });

  it('refuses a database that is newer than the files', async () => {
    await migrate(pool, folder);
    const last = (await shipped()).at(-1) ?? '';
    await rm(join(folder, last));
    await expect(migrate(pool, folder)).rejects.toThrow(`${last} that this version does not know`);
  });

  it('undoes a file that fails midway, and applies it when it is mended', async () => {
    const name = await following('broken');
    const broken = join(folder, name);
    await writeFile(broken, 'CREATE TABLE half (x integer); SELECT 1 / 0');
    await expect(migrate(pool, folder)).rejects.toThrow(`${name} failed: division by zero`);
    await writeFile(broken, 'CREATE TABLE half (x integer)');
    expect(await migrate(pool, folder)).toEqual([name]);
  });
});
