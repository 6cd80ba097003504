import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
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

/** The previous release as a built clone of its own, in a new folder. */
export async function clonePreviousRelease(): Promise<{ readonly version: string; readonly clone: string }> {
  const version = await previousVersion();
  const clone = await mkdtemp(join(tmpdir(), 'faultline-previous-'));
  await run('sh', ['-c', 'git archive "$1" | tar -x -C "$2"', 'sh', version, clone], { cwd: root });
  // Its own packages are installed as well: its build would empty a folder that it shared with others.
  await buildFaultline(clone);
  return { version, clone };
}
