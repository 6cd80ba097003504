import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PostgresGate } from '../../../chaos/gates/postgres-gate.js';
import { removePostgres, startPostgres } from '../../../stack/postgres.js';

let folder: string;
let server: Awaited<ReturnType<typeof startPostgres>>;
let gate: PostgresGate;
let direct: pg.Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faultline-gate-'));
  server = await startPostgres({ folder: join(folder, 'postgres') });
  gate = await PostgresGate.start(server.port);
  direct = new pg.Client(server.connectionString);
  await direct.connect();
});

afterAll(async () => {
  await direct.end();
  await gate.stop();
  await server.stop();
  await removePostgres(join(folder, 'postgres'));
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => direct.query('CREATE TABLE kept (what text)'));
afterEach(() => direct.query('DROP TABLE kept'));

async function throughGate(): Promise<pg.Client> {
  const address = new URL(server.connectionString);
  address.port = String(gate.port);
  const client = new pg.Client(address.href);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** As Faultline does it: by named statements. */
async function keep(client: pg.Client, what: string): Promise<void> {
  await client.query({ name: 'begin', text: 'BEGIN' });
  await client.query({ name: 'keep', text: 'INSERT INTO kept VALUES ($1)', values: [what] });
  await client.query({ name: 'commit', text: 'COMMIT' });
}

async function kept(): Promise<readonly string[]> {
  return (await direct.query<{ what: string }>('SELECT what FROM kept')).rows.map(({ what }) => what);
}

function armed(at: 'request' | 'answer', matches: (seen: string) => boolean): Promise<void> {
  return new Promise((spring) => {
    gate.trapDoor.arm({ at, matches, spring });
  });
}

it('given a trap before the commit, when a named one comes again, then nothing of its transaction is kept', async () => {
  const client = await throughGate();
  await keep(client, 'before the trap');
  const sprung = armed('request', (text) => text === 'COMMIT');
  await expect(keep(client, 'caught')).rejects.toThrow();
  await sprung;
  expect(await kept()).toEqual(['before the trap']);
});

it('given a trap after the commit, then all is kept, and whoever committed never hears of it', async () => {
  const client = await throughGate();
  const sprung = armed('answer', (tag) => tag === 'COMMIT');
  await expect(keep(client, 'caught')).rejects.toThrow();
  await sprung;
  expect(await kept()).toEqual(['caught']);
});

it('given a trap for one statement, then others pass, large ones too', async () => {
  const client = await throughGate();
  const sprung = armed('request', (text) => /^update kept/i.test(text));
  await keep(client, 'x'.repeat(3_000_000));
  await expect(client.query('UPDATE kept SET what = $1', ['changed'])).rejects.toThrow();
  await sprung;
  expect((await kept()).map(({ length }) => length)).toEqual([3_000_000]);
});
