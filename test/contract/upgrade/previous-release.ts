import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageVersion } from '../../../cli/package-version.js';
import { buildFaultline } from '../../../stack/faultline-process.js';
import { readRelease, releasedVersions } from '../../upgrades/release.js';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** A release before this version, or what stands for it. */
interface Previous {
  /** For people. */
  readonly version: string;
  /** What git knows it by. */
  readonly commit: string;
}

/**
 * FAULTLINE_PREVIOUS, else the latest recorded release that is not this version. A clone without its commit (a shallow one) runs the
 * commit at hand beside itself, and says so: `git fetch --unshallow`.
 */
async function previousVersion(): Promise<Previous> {
  const named = process.env['FAULTLINE_PREVIOUS'];
  if (named !== undefined) return { version: named, commit: named };
  const version = releasedVersions().findLast((one) => one !== packageVersion());
  const commit = version === undefined ? undefined : readRelease(version)?.commit;
  if (version === undefined || commit === undefined)
    throw new Error(
      `no release.json in test/releases names the commit of a release before ${packageVersion()}`,
    );
  const isHere = await run('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: root }).then(
    () => true,
    () => false,
  );
  return isHere
    ? { version: `${version} (${commit})`, commit }
    : { version: `HEAD, since this clone does not reach back to ${version} (${commit})`, commit: 'HEAD' };
}

/**
 * Packages that are locked alike are the same, and so is what was compiled of the same sources: its own preparation tells by
 * the stamps in both folders, and installs and compiles what differs. It may not empty a folder that is not its own, hence
 * the look at the lock; what was compiled is a copy.
 */
async function lendWhatFits(clone: string): Promise<void> {
  const lockIn = (folder: string): Promise<string> => readFile(join(folder, 'package-lock.json'), 'utf8');
  const [own, theirs] = await Promise.all([lockIn(root), lockIn(clone)]);
  if (own === theirs) await symlink(join(root, 'node_modules'), join(clone, 'node_modules'));
  await cp(join(root, 'dist'), join(clone, 'dist'), { recursive: true });
}

/** The previous release as a built clone of its own, in a new folder. */
export async function clonePreviousRelease(): Promise<{ readonly version: string; readonly clone: string }> {
  const { version, commit } = await previousVersion();
  const clone = await mkdtemp(join(tmpdir(), 'faultline-previous-'));
  await run('sh', ['-c', 'git archive "$1" | tar -x -C "$2"', 'sh', commit, clone], { cwd: root });
  await lendWhatFits(clone);
  await buildFaultline(clone);
  return { version, clone };
}
