import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate, migrationsFolder } from '../../../adapters/postgres/migrate.js';
import { startTestServer, type TestServer } from './postgres-server.js';

const journalOfTheReleaseBefore = `
  INSERT INTO journal.installation VALUES (true, 'x', 2, false, 1, 4, 2);
  INSERT INTO journal.fact (node_key, version, type, at, cause_id, process_id, data, patch, evolve_version) VALUES
    ('a/n1', 5, 'ProcessStarted', 0, 'c', 'p-1', '{}', '{}', 1),
    ('a/n1', 6, 'StageEntered', 0, 'c', 'p-1', '{"stageEntry": 1}', '{}', 1),
    ('a/n1', 7, 'ProcessAdvanced', 0, 'c', 'p-1', '{"stageEntry": 1}', '{}', 1),
    ('a/n1', 9, 'StageEntered', 0, 'c', 'p-1', '{"stageEntry": 2}', '{}', 1);
  INSERT INTO journal.timer (process_id, name, node_key, stage_entry, due_at) VALUES
    ('p-1', 'check', 'a/n1', 2, 1), ('p-2', 'of a node without facts', 'a/n2', 1, 1);
  INSERT INTO journal.command (id, node_key, process_id, command, writes, status, due_at, created_at) VALUES
    ('p-1.1.6-0', 'a/n1', 'p-1', '{"id": "p-1.1.6-0"}', false, 'settled', 0, 0),
    ('p-1.2.9-1', 'a/n1', 'p-1', '{"id": "p-1.2.9-1"}', false, 'waiting', 0, 0),
    ('made-by-hand', 'a/n1', 'p-1', '{"id": "made-by-hand"}', false, 'waiting', 0, 0);
`;

let server: TestServer;
let parent: string;
beforeAll(async () => {
  [server, parent] = await Promise.all([
    startTestServer(),
    mkdtemp(join(tmpdir(), 'faultline-migrate-causes-')),
  ]);
});
afterAll(async () => {
  await server.stop();
  await rm(parent, { recursive: true, force: true });
});

it('given a journal of the release before, then what is open names the event that issued it', async () => {
  const pool = new pg.Pool({ connectionString: await server.createEmptyDatabase(), max: 2 });
  try {
    const folder = join(parent, 'journal');
    await cp(migrationsFolder('journal'), folder, { recursive: true });
    const newer = (await readdir(folder)).filter((file) => file >= '0007');
    for (const file of newer) await rm(join(folder, file));
    await migrate(pool, folder);
    await pool.query(journalOfTheReleaseBefore);

    expect(await migrate(pool, migrationsFolder('journal'))).toContain('0007_causes.sql');

    const timers = await pool.query('SELECT process_id, issued_by FROM journal.timer ORDER BY process_id');
    expect(timers.rows).toEqual([
      { process_id: 'p-1', issued_by: 'a/n1@2.9/ProcessEvent' },
      { process_id: 'p-2', issued_by: null },
    ]);
    const commands = await pool.query('SELECT command FROM journal.command ORDER BY position');
    expect(commands.rows.map(({ command }: { command: unknown }) => command)).toEqual([
      { id: 'p-1.1.6-0' },
      { id: 'p-1.2.9-1', issuedBy: 'a/n1@2.9/ProcessEvent' },
      { id: 'made-by-hand' },
    ]);
  } finally {
    await pool.end();
  }
});
