import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { packageRoot } from '../../schemas/package-root.js';
import { processIdentity } from '../../stack/process-identity.js';
import { ledgerFile, writeEndpoints, type Endpoints } from '../../stack/stack-state.js';
import type { StackStatus } from '../../stack/status.js';

let folder: string;
let registry: Server;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-stack-status-'));
  registry = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  registry.closeAllConnections();
  registry.close();
  rmSync(folder, { recursive: true, force: true });
});

/** As an `up` leaves it: two components, one of which is asked by HTTP. */
async function stackThatIsUp(): Promise<readonly ChildProcess[]> {
  const { port } = registry.address() as AddressInfo;
  const nowhere = 'http://127.0.0.1:9';
  const endpoints: Endpoints = {
    kafka: { bootstrapServers: [] },
    schemaRegistry: { url: `http://127.0.0.1:${port}` },
    postgres: { connectionString: 'postgres://faultline@127.0.0.1:5432/faultline' },
    kubernetes: {
      name: 'stack',
      server: nowhere,
      kubeconfig: '',
      faultlineKubeconfig: '',
      worldKubeconfig: '',
      auditLog: '',
      kubectl: '',
    },
    redfish: { url: nowhere, systems: [] },
    programs: { nodeProblemDetector: '', python: '', kcat: '' },
  };
  await writeEndpoints(folder, endpoints);
  const lines: string[] = [];
  for (const name of ['schema-registry', 'postgres']) {
    const child = spawn('sleep', ['300'], { stdio: 'ignore' });
    await once(child, 'spawn');
    children.push(child);
    const { pid = 0 } = child;
    lines.push(JSON.stringify({ name, pid, identity: processIdentity(pid), log: `${name}.log` }));
  }
  writeFileSync(ledgerFile(folder), `${lines.join('\n')}\n`);
  return children;
}

/** `npm run stack status`, without npm. */
async function status(
  ...words: readonly string[]
): Promise<{ readonly code: number | null; readonly out: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'stack/main.ts', 'status', ...words], {
    cwd: packageRoot(),
    env: { ...process.env, FAULTLINE_STACK: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out };
}

it('given a stack that is down, then it says so and how to start it, and ends with 1', async () => {
  expect(await status()).toEqual({ code: 1, out: 'Nothing is running. Start it: npm run stack up\n' });
});

it('given a stack that is up, then each component is ready, and it ends with 0', async () => {
  await stackThatIsUp();
  const { code, out } = await status();
  expect(code).toBe(0);
  expect(out).toMatch(
    /^COMPONENT +PID +PORT +READY\nschema-registry +\d+ +\d+ +yes\npostgres +\d+ +5432 +yes\n$/,
  );
});

it('given a stack of which one process is gone, then that one is not ready, its log is named, and it ends with 1', async () => {
  const [, postgres] = await stackThatIsUp();
  postgres?.kill('SIGKILL');
  if (postgres !== undefined) await once(postgres, 'exit');
  const { code, out } = await status('-o', 'json');
  expect(code).toBe(1);
  const { running, components } = JSON.parse(out) as StackStatus;
  expect(running).toBe(false);
  expect(components.map(({ component, ready }) => [component, ready])).toEqual([
    ['schema-registry', true],
    ['postgres', false],
  ]);
  expect((await status()).out).toContain('no, see postgres.log');
});

it('given a component that lives and does not answer, then it is not ready', async () => {
  await stackThatIsUp();
  registry.closeAllConnections();
  registry.close();
  const { code, out } = await status();
  expect(code).toBe(1);
  expect(out).toMatch(/^schema-registry .*no, see schema-registry\.log$/m);
});
