import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageVersion } from '../../../cli/package-version.js';
import { provide, type Recipe } from '../../../stack/cache.js';
import { buildFaultline } from '../../../stack/faultline-process.js';
import { readRelease, releasedVersions } from '../../upgrades/release.js';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** A release before this version, or what stands for it. */
export interface Previous {
  /** For people. */
  readonly version: string;
  /** By its full hash: what was built of it is kept under that. */
  readonly commit: string;
}

const mostReleases = 2;

/**
 * FAULTLINE_PREVIOUS, else the latest recorded releases that are not this version, the latest first. A clone without the commit of one
 * (a shallow one) runs the commit at hand beside itself, and says so: `git fetch --unshallow`.
 */
export async function previousReleases(): Promise<readonly Previous[]> {
  const named = process.env['FAULTLINE_PREVIOUS'];
  if (named !== undefined) return [{ version: named, commit: await hashOf(named) }];
  const versions = releasedVersions().filter((one) => one !== packageVersion());
  if (versions.length === 0) throw new Error(`test/releases has no release before ${packageVersion()}`);
  return Promise.all(versions.slice(-mostReleases).reverse().map(releaseOf));
}

async function releaseOf(version: string): Promise<Previous> {
  const commit = readRelease(version)?.commit;
  if (commit === undefined) throw new Error(`release.json of ${version} does not name its commit`);
  const isHere = await run('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: root }).then(
    () => true,
    () => false,
  );
  if (isHere) return { version, commit };
  const head = await hashOf('HEAD');
  return {
    version: `HEAD, since this clone does not reach back to ${version} (${commit})`,
    commit: head,
  };
}

async function hashOf(name: string): Promise<string> {
  const { stdout } = await run('git', ['rev-parse', '--verify', `${name}^{commit}`], { cwd: root });
  return stdout.trim();
}

/** Its files, what it needs and what is compiled of it, without what only its developers need. */
function recipe(commit: string): Recipe {
  return {
    name: 'previous-release',
    version: commit,
    files: [],
    salt: 'pruned',
    needs: [],
    async build({ output }) {
      await run('sh', ['-c', 'git archive "$1" | tar -x -C "$2"', 'sh', commit, output], { cwd: root });
      await buildFaultline(output);
      await run('npm', ['prune', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], {
        cwd: output,
      });
    },
  };
}

/** A release as a built clone, kept outside this one from run to run. Nobody writes into it. */
export function provideRelease({ commit }: Previous): Promise<string> {
  return provide(recipe(commit));
}
