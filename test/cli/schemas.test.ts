import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { packageRoot } from '../../schemas/package-root.js';
import { buildFaultline } from '../../stack/faultline-process.js';
import { expectPublishedForm } from './form-validator.js';
import { runCommand } from './run-command.js';

describe('given a package in which a published schema was edited', () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-schemas-'));
  const edited = join(folder, 'schemas/avro/signal.v1.avsc');
  beforeAll(async () => {
    await buildFaultline();
    for (const part of ['dist', 'schemas', 'package.json'])
      cpSync(join(packageRoot(), part), join(folder, part), { recursive: true });
    symlinkSync(join(packageRoot(), 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(edited, readFileSync(edited, 'utf8').replace(/"doc": "/, '"doc": "Edited. '));
  }, 240_000);
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([['table'], ['json']])(
    'when it is checked, with -o %s, then a line names the file, and it ends with 1',
    (form) => {
      const words = [join(folder, 'dist/cli/main.js'), 'schemas', 'check', '-o', form];
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
      expect(status).toBe(1);
      const [problem = '', error = '', next = ''] = stderr.split('\n');
      expect(JSON.parse(problem)).toMatchObject({ file: 'signal.v1.avsc' });
      expect(error).toBe('error (ChecksFailed): 1 problems in schemas/avro');
      expect(next).toMatch(/^next: /);
      if (form === 'table') expect(stdout).toBe('');
      else expectPublishedForm(JSON.parse(stdout), 'SchemaCheck');
    },
    60_000,
  );
});

describe('given a registry that does not take the schemas', () => {
  it.each([
    [401, 'Unauthorized', /check its user and password/],
    [
      409,
      'Schema being registered is incompatible with an earlier schema',
      /holds something else under these subjects/,
    ],
    [500, 'Error in the backend data store', /start the registry, or name another one/],
  ])(
    'when it answers %i, then it is told with what to do: it asked for a bug report',
    async (status, message, next) => {
      const server = createServer((_request, response) => {
        response
          .writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
          .end(JSON.stringify({ error_code: status, message }));
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      try {
        const { code, out, err } = await runCommand(['schemas', 'register', '--registry', url]);
        expect({ code, out }).toEqual({ code: 1, out: '' });
        const [error = '', advice = '', ...more] = err.trim().split('\n');
        expect(error).toMatch(/^error \(DependencyUnavailable\): schema registry at http:/);
        expect(error).toContain(message);
        expect(advice).toMatch(next);
        expect(more).toEqual([]);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  );

  it('when nobody answers, then so it is', async () => {
    const { code, err } = await runCommand(['schemas', 'register', '--registry', 'http://127.0.0.1:9']);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error \(DependencyUnavailable\): schema registry at http:\/\/127\.0\.0\.1:9: .*ECONNREFUSED/,
    );
    expect(err).toMatch(/^next: start the registry/m);
  });
});
