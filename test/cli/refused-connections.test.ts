import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../adapters/postgres/embedded-server.js';
import { buildFaultline } from '../../stack/faultline-process.js';
import { spawnCommand } from './run-command.js';
import { startRun } from './running-command.js';

const folder = mkdtempSync(join(tmpdir(), 'faultline-refused-'));
const dataFolder = join(folder, 'postgres');
let database: EmbeddedPostgres;

beforeAll(async () => {
  await buildFaultline();
  database = await startEmbeddedPostgres({ dataFolder, durability: 'fast' });
}, 120_000);
afterAll(async () => {
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** The embedded server as one that others run; a password of its own, if given. */
function journalWith(password?: string): object {
  const url = new URL(database.connectionString);
  const passwordFile = join(folder, `${password === undefined ? 'right' : 'wrong'}.password`);
  writeFileSync(passwordFile, password ?? url.password);
  url.password = '';
  return { kind: 'postgres', connection: url.href, passwordFile };
}

function configurationFile(name: string, sections: object): string {
  const path = join(folder, `${name}.yaml`);
  const configuration = {
    installation: { dataFolder: `data-${name}` },
    http: { listen: '127.0.0.1:0' },
    journal: journalWith(),
    ...sections,
  };
  writeFileSync(path, stringify(configuration));
  return path;
}

/** A registry that answers everything so. Resolves with its URL. */
async function registryThat(status: number, body: object, stops: (() => void)[]): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** It ends at the start with the exit code and the two lines that docs/errors.md promises. */
async function expectRefusal(path: string, what: RegExp, next: RegExp): Promise<void> {
  const { code, out, err } = await spawnCommand(['run', '--config', path]);
  const [error = '', advice = '', ...more] = err
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('{'));
  expect(error).toMatch(what);
  expect(error).toMatch(/^error \(DependencyUnavailable\): /);
  expect(advice).toMatch(next);
  expect(advice).toMatch(/^next: /);
  expect(more).toEqual([]);
  expect({ code, out }).toEqual({ code: 1, out: '' });
}

describe('given something that refuses when Faultline starts', () => {
  it('when PostgreSQL does not take the password, then one line says which and why, and one what to do', async () => {
    await expectRefusal(
      configurationFile('password', { journal: journalWith('wrong') }),
      /PostgreSQL\) at 127\.0\.0\.1:\d+\/faultline: .*password authentication failed for user/,
      /journal\.connection and journal\.password in .*password\.yaml/,
    );
  }, 60_000);

  it.each([
    [
      'the registry answers 401',
      401,
      { error_code: 40101, message: 'Unauthorized' },
      /schema registry at http:\S+: .*Unauthorized/,
      /schemaRegistry\.username and its password, or its token/,
    ],
    [
      'the registry does not know the schemas',
      404,
      { error_code: 40401, message: 'Subject not found.' },
      /schema registry at http:\S+: .*has no such schema$/,
      /faultline schemas register/,
    ],
  ])(
    'when %s, then one line says which and why, and one what to do',
    async (_name, status, body, what, next) => {
      const stops: (() => void)[] = [];
      try {
        const url = await registryThat(status, body, stops);
        const path = configurationFile(String(status), { schemaRegistry: { kind: 'confluent', url } });
        await expectRefusal(path, what, next);
      } finally {
        for (const stop of stops) stop();
      }
    },
    60_000,
  );

  it('when there is no registry, then one line says which and why, and one what to do', async () => {
    const schemaRegistry = { kind: 'confluent', url: 'http://127.0.0.1:9' };
    await expectRefusal(
      configurationFile('no-registry', { schemaRegistry }),
      /schema registry at http:\/\/127\.0\.0\.1:9: .*ECONNREFUSED/,
      /start the registry or mend schemaRegistry\.url/,
    );
  }, 60_000);
});

describe('given PostgreSQL that goes away while Faultline runs', () => {
  it('then it lives on, is not ready and says why, refuses reports, and is ready again with PostgreSQL', async () => {
    const faultline = await startRun(configurationFile('away', {}));
    const report = { cluster: 'a', node: 'n1', type: 'KernelDeadlock', status: 'firing', source: 'test' };
    const soon = { timeout: 60_000, interval: 200 };
    try {
      await expect.poll(() => faultline.readiness(), soon).toEqual({ status: 200, problems: [] });
      expect(await faultline.post('/v1/reports', report)).toBe(202);

      const { port } = database;
      await database.stop();

      await expect
        .poll(() => faultline.readiness(), soon)
        .toEqual({
          status: 503,
          problems: expect.arrayContaining([expect.stringMatching(/^journal: .*ECONNREFUSED/)]) as unknown,
        });
      expect((await fetch(`${faultline.url}/livez`)).status).toBe(200);
      expect(await faultline.post('/v1/reports', report)).toBe(503);

      database = await startEmbeddedPostgres({ dataFolder, port, durability: 'fast' });

      await expect.poll(() => faultline.readiness(), soon).toEqual({ status: 200, problems: [] });
      expect(await faultline.post('/v1/reports', report)).toBe(202);
    } finally {
      await faultline.stop();
    }
  }, 180_000);
});
