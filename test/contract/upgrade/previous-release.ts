import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildFaultline } from '../../../stack/faultline-process.js';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** FAULTLINE_PREVIOUS, else the tag of the last release; the commit at hand, while there is none. */
async function previousVersion(): Promise<string> {
  const named = process.env['FAULTLINE_PREVIOUS'];
  if (named !== undefined) return named;
  const described = run('git', ['describe', '--tags', '--abbrev=0', '--match', 'v*', 'HEAD'], { cwd: root });
  return described.then(
    ({ stdout }) => stdout.trim(),
    () => 'HEAD',
  );
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
  const version = await previousVersion();
  const clone = await mkdtemp(join(tmpdir(), 'faultline-previous-'));
  await run('sh', ['-c', 'git archive "$1" | tar -x -C "$2"', 'sh', version, clone], { cwd: root });
  await lendWhatFits(clone);
  await buildFaultline(clone);
  return { version, clone };
}
