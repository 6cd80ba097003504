import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestServer, type TestServer } from '../contract/journal/postgres-server.js';
import { runCommand } from './run-command.js';

let folder: string;
let server: TestServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-no-journal-'));
  server = await startTestServer();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const policy = (): string => {
  const path = join(folder, 'policy.yaml');
  writeFileSync(path, '{}\n');
  return path;
};

describe('given a configuration under which nothing ever ran', () => {
  it.each([
    ['events', '-o', 'json'],
    ['archive', 'status'],
    ['archive', 'verify'],
    ['guard', 'simulate', '--policy', 'POLICY'],
    ['export', 'FILE'],
  ])('when somebody reads with %s %s, then it says so and makes nothing', async (...words) => {
    const config = join(folder, 'embedded.yaml');
    const dataFolder = join(folder, 'data');
    writeFileSync(config, `installation: { dataFolder: ${dataFolder} }\n`);
    const given = words.map((word) =>
      word === 'POLICY' ? policy() : word === 'FILE' ? join(folder, 'kept.gz') : word,
    );
    const { code, out, err } = await runCommand([...given, '--config', config]);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain(`there is no journal at ${join(dataFolder, 'postgres')} yet`);
    expect(err).toContain(`start \`faultline run --config ${config}\` once`);
    expect(existsSync(dataFolder)).toBe(false);
    expect(existsSync(join(folder, 'kept.gz'))).toBe(false);
  });

  it('when its database is there, then the same is said of that, whatever else is in it or beside it', async () => {
    const url = new URL(await server.createDatabase());
    const admin = new pg.Client({ connectionString: url.href });
    await admin.connect();
    await admin.query('CREATE DATABASE bare');
    const config = join(folder, 'postgres.yaml');
    writeFileSync(join(folder, 'password'), url.password);
    const read = (database: string) => {
      const connection = `postgresql://${url.username}@${url.host}/${database}`;
      const journal = { kind: 'postgres', connection, passwordFile: join(folder, 'password') };
      writeFileSync(config, JSON.stringify({ journal }));
      return runCommand(['events', '--config', config]);
    };
    const told = (database: string) => ({
      ...{ code: 3, out: '' },
      err: expect.stringContaining(`there is no journal at ${url.host}/${database} yet`) as string,
    });
    const migrated = url.pathname.slice(1);
    expect(await read(migrated)).toMatchObject(told(migrated));
    expect(await read('bare')).toMatchObject(told('bare'));
    await admin.query('ALTER ROLE faultline_reader RENAME TO somebody_else');
    expect(await read('bare')).toMatchObject(told('bare'));
    await admin.end();
  });
});
