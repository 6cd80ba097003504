import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { openPostgresJournal } from '../../adapters/postgres/journal.js';
import type { NodeKey } from '../../domain/identifiers.js';
import { defaultOptions, TestClock } from '../contract/journal/harness.js';
import { startTestServer, type TestServer } from '../contract/journal/postgres-server.js';
import { memberWith } from '../services/guard/asked.js';
import { expectPublishedForm } from './form-validator.js';
import { runCommand } from './run-command.js';

let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-guard-simulate-'));
  server = await startTestServer();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function withoutPassword(connectionString: string): { readonly password: string; readonly href: string } {
  const url = new URL(connectionString);
  const { password } = url;
  url.password = '';
  return { password, href: url.href };
}

it('given a policy for a pool that no node has, when it is played on a journal, then the result is told, and on stderr the line that a running Faultline would refuse', async () => {
  const connectionString = await server.createDatabase();
  const journal = await openPostgresJournal({ ...defaultOptions(new TestClock()), connectionString });
  const member = memberWith({ node: 'a/n1' as NodeKey, pool: 'gpu' });
  await journal.inventory.replace('a', [member], 1);
  await journal.close();
  const { password, href } = withoutPassword(connectionString);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password);
  const config = join(folder, 'faultline.yaml');
  const clusters = 'clusters: [{name: a, kubeconfig: k}]\n';
  writeFileSync(
    config,
    `${clusters}journal: {kind: postgres, connection: '${href}', passwordFile: '${passwordFile}'}\n`,
  );
  const policy = join(folder, 'new.yaml');
  writeFileSync(
    policy,
    `${clusters}guard:
  budgets:
    - {name: some, operations: [isolate], where: {pools: [gpus]}, atOnce: {count: 1}}
`,
  );
  const { code, out, err } = await runCommand([
    'guard',
    'simulate',
    '--policy',
    policy,
    '--config',
    config,
    '-o',
    'json',
  ]);
  expect(code).toBe(0);
  expectPublishedForm(JSON.parse(out), 'GuardSimulation');
  expect(err).toContain(
    `${policy}:4:59: guard.budgets[0].where.pools[0]: no node of the inventory has pool gpus\nA running Faultline refuses`,
  );
});
