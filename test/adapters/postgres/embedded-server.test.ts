import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../../adapters/postgres/embedded-process.js';
import {
  addressOfRunning,
  EmbeddedPostgresFailed,
  EmbeddedPostgresInUse,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../../adapters/postgres/embedded-server.js';

async function ask(server: EmbeddedPostgres, query: string): Promise<unknown> {
  const client = new Client({ connectionString: server.connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(query);
    return rows[0]?.['answer'];
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  let folder: string;
  const started: EmbeddedPostgres[] = [];
  const start = async (dataFolder: string): Promise<EmbeddedPostgres> => {
    const server = await startEmbeddedPostgres({ dataFolder });
    started.push(server);
    return server;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps what was committed over a stop and a start, with fsync on', async () => {
    const first = await start(folder);
    await ask(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    expect(await ask(first, `SELECT current_setting('fsync') AS answer`)).toBe('on');
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    expect(await ask(await start(folder), 'SELECT answer FROM kept')).toBe(42);
  });

  it('refuses a second owner of a folder, and names the first', async () => {
    const first = await start(folder);
    const second = startEmbeddedPostgres({ dataFolder: folder });
    await expect(second).rejects.toThrow(EmbeddedPostgresInUse);
    await expect(second).rejects.toThrow(String(first.pid));
    expect(await ask(first, 'SELECT 1 AS answer')).toBe(1);
  });

  it('adopts a server whose owner is gone', async () => {
    const first = await start(folder);
    await first.release();
    const second = await start(folder);
    expect(second.pid).toBe(first.pid);
  });

  it('starts again after the server was killed', async () => {
    const first = await start(folder);
    await ask(first, 'CREATE TABLE kept AS SELECT 7 AS answer');
    process.kill(first.pid, 'SIGKILL');
    await expect.poll(() => isAlive(first.pid)).toBe(false);
    expect(await ask(await start(folder), 'SELECT answer FROM kept')).toBe(7);
  });

  it('leaves no server behind when it can not be used once it has started', async () => {
    const first = await start(folder);
    await first.stop();
    await writeFile(join(folder, 'password'), 'another one');
    await expect(start(folder)).rejects.toThrow(EmbeddedPostgresFailed);
    expect(await addressOfRunning(folder)).toBeUndefined();
  });

  it('serves a data folder that lies below a folder closed to other users', async () => {
    const dataFolder = join(folder, 'closed', 'data');
    const server = await start(dataFolder);
    const home = dirname(await realpath(join(dataFolder, 'cluster')));
    try {
      expect(await ask(server, 'SELECT 1 AS answer')).toBe(1);
    } finally {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    }
  });
});
