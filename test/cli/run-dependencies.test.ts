import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';

import { packageRoot } from '../../schemas/package-root.js';
import { buildFaultline } from '../../stack/faultline-process.js';
import { shippedCommand, spawnCommand } from './run-command.js';

/** Nothing listens on the discard port. */
const nowhere = '127.0.0.1:9';
const folder = mkdtempSync(join(tmpdir(), 'faultline-dependencies-'));
beforeAll(() => buildFaultline());
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const kubeconfig = join(folder, 'kubeconfig.yaml');
writeFileSync(
  kubeconfig,
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'a', cluster: { server: `http://${nowhere}` } }],
    users: [{ name: 'a', user: { token: 'none' } }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    'current-context': 'a',
  }),
);

function configurationFile(name: string, sections: object): string {
  const path = join(folder, `${name}.yaml`);
  const configuration = {
    installation: { dataFolder: `data-${name}` },
    http: { listen: '127.0.0.1:0' },
    clusters: [{ name: 'a', kubeconfig }],
    ...sections,
  };
  writeFileSync(path, stringify(configuration));
  return path;
}

const postgres = { kind: 'postgres', connection: `postgres://somebody@${nowhere}/faultline` };
const cases: [string, object, RegExp, RegExp][] = [
  [
    'PostgreSQL is away',
    { journal: postgres },
    /PostgreSQL\) at 127\.0\.0\.1:9\/faultline: .*ECONNREFUSED/,
    /start PostgreSQL/,
  ],
  [
    'Kafka is away',
    { journal: postgres, eventLog: { kind: 'kafka', brokers: [nowhere] } },
    /event log \(Kafka\) at 127\.0\.0\.1:9: .*ECONNREFUSED/,
    /start Kafka/,
  ],
  [
    'the kubeconfig is missing',
    { clusters: [{ name: 'a', kubeconfig: join(folder, 'none.yaml') }] },
    /cluster a at .*none\.yaml: /,
    /kubeconfig/,
  ],
  [
    'the file of a secret is missing',
    { intake: { tokens: [{ tokenFile: join(folder, 'none.token') }] } },
    /none\.token/,
    /create the file/,
  ],
];

describe('given that something is missing when Faultline starts', () => {
  it.each(cases)(
    'when %s, then it ends with one line that says which and where, and one that says what to do',
    async (name, sections, what, next) => {
      const { code, out, err } = await spawnCommand(['run', '--config', configurationFile(name, sections)]);
      expect(code).toBe(1);
      expect(out).toBe('');
      const [error = '', advice = '', ...more] = err.trim().split('\n');
      expect(error).toMatch(what);
      expect(error).toMatch(/^error \((DependencyUnavailable|SecretMissing)\): /);
      expect(advice).toMatch(next);
      expect(advice).toMatch(/^next: /);
      expect(more).toEqual([]);
    },
    60_000,
  );
});

describe('given a cluster that does not answer when Faultline starts', () => {
  it('when it is told to end, then it ends: it waited for the cluster, deaf to signals', async () => {
    const path = configurationFile('silent', {});
    const child = spawn(process.execPath, shippedCommand(['run', '--config', path]), {
      cwd: packageRoot(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let told = '';
    child.stderr.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    try {
      await expect.poll(() => told, { timeout: 60_000 }).toContain("nodes can't be listed");
      child.kill('SIGTERM');
      expect(await ended).not.toBeNull();
    } finally {
      child.kill('SIGKILL');
    }
  }, 90_000);
});
