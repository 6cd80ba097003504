import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate, migrationsFolder } from '../../../adapters/postgres/migrate.js';
import { outOfServiceTwice } from './kept-out-of-service.js';
import { startTestServer, type TestServer } from './postgres-server.js';

const whatIsOpen = `
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

const whoIsOut = `
  INSERT INTO journal.fleet_member (node_key, cluster, pool, zone, labels, unavailable, control_plane, observed_at) VALUES
    ('a/n1', 'a', 'p', 'z', '{}', false, false, 0), ('a/n2', 'a', 'p', 'z', '{}', true, false, 0),
    ('a/n3', 'a', 'p', 'z', '{}', true, false, 0), ('a/n4', 'a', 'p', 'z', '{"rack": "r"}', false, false, 0);
  INSERT INTO journal.permit (command_id, counter, process_id, node_key, until, operation, taken_at) VALUES
    ('c1', 'x', 'p1', 'a/n1', 'returned', 'isolate', 0), ('c1', 'y', 'p1', 'a/n1', 'returned', 'isolate', 0),
    ('c2', 'x', 'p2', 'a/n2', 'returned', 'isolate', 0), ('c4', 'x', 'p4', 'a/n4', 'settled', 'power', 0),
    ('c5', 'x', 'p5', 'a/n5', 'returned', 'isolate', 0);
`;

let server: TestServer;
let parent: string;
beforeAll(async () => {
  [server, parent] = await Promise.all([
    startTestServer(),
    mkdtemp(join(tmpdir(), 'faultline-migrate-rows-')),
  ]);
});
afterAll(async () => {
  await server.stop();
  await rm(parent, { recursive: true, force: true });
});

/** A journal of the release before, with these rows, brought up to date from this migration on. */
async function broughtUpToDate(
  from: string,
  rows: string,
  look: (pool: pg.Pool) => Promise<void>,
): Promise<void> {
  const pool = new pg.Pool({ connectionString: await server.createEmptyDatabase(), max: 2 });
  try {
    const folder = join(parent, from, 'journal');
    await cp(migrationsFolder('journal'), folder, { recursive: true });
    const newer = (await readdir(folder)).filter((file) => file >= from);
    for (const file of newer) await rm(join(folder, file));
    await migrate(pool, folder);
    await pool.query(rows);
    expect(await migrate(pool, migrationsFolder('journal'))).toContain(from);
    await look(pool);
  } finally {
    await pool.end();
  }
}

it('given a journal of the release before, then what is open names the event that issued it', async () => {
  await broughtUpToDate('0007_causes.sql', whatIsOpen, async (pool) => {
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
  });
});

it('given a journal of the release before, then who is out of service is kept from what was there', async () => {
  await broughtUpToDate('0029_who_is_out_is_kept.sql', whoIsOut, async (pool) => {
    const everybody = { 'everybody a p z {}': 3 };
    const others = { 'others a p z {}': 1 };
    expect(await outOfServiceTwice(pool)).toEqual({
      kept: { ...everybody, ...others },
      counted: { ...everybody, ...others },
    });
    await pool.query(`DELETE FROM journal.permit WHERE node_key <> 'a/n1'`);
    const { kept } = await outOfServiceTwice(pool);
    expect(kept).toEqual({ ...everybody, 'others a p z {}': 2 });
    const { rows } = await pool.query('SELECT FROM journal.node_service');
    expect(rows).toHaveLength(4);
  });
});
