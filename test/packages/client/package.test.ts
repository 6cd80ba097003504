import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../schemas/package-root.js';

const root = packageRoot();

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

async function manifestIn(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}

describe('given the package of the client', () => {
  it('has the version of Faultline, and the libraries that it is tried with', async () => {
    const [faultline, client] = await Promise.all([
      manifestIn(root),
      manifestIn(join(root, 'packages/client')),
    ]);
    expect(client.version).toBe(faultline.version);
    expect(faultline.dependencies).toMatchObject(client.dependencies);
  });

  it('when it is built, then its types stand alone, and Node finds by its name what it offers', async () => {
    const folder = join(root, 'packages/client');
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [compiler, '-p', join(folder, 'tsconfig.build.json')]);
    const script = "import('@faultline/client').then((it) => process.stdout.write(Object.keys(it).join()))";
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { cwd: folder });
    expect(stdout.split(',').toSorted()).toEqual([
      'SubscriptionFailed',
      'UnreadableRecord',
      'subscribeToKafka',
      'subscribeToStream',
    ]);
    const types = await readFile(join(folder, 'dist/packages/client/src/event.d.ts'), 'utf8');
    expect(types).toContain('export type FaultlineEvent');
  }, 180_000);
});
