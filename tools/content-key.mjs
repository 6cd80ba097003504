// What a check has found once about exactly these files holds for every clone: passes are kept outside of it, by content.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root } from './prepare.mjs';

const keptDays = 30;

/** Digest of every file that is not ignored (the locked packages among them) and of this Node; undefined outside of git. */
export function contentKey() {
  const digest = createHash('sha256').update(`${process.version}\0${process.platform}`);
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    for (const file of [...new Set(listed.split('\0'))].sort()) {
      const path = join(root, file);
      if (file === '' || !existsSync(path)) continue;
      digest.update(`\0${file}\0`).update(readFileSync(path));
    }
  } catch {
    return undefined;
  }
  return digest.digest('hex');
}

function passesFolder() {
  const { FAULTLINE_CACHE: chosen, XDG_CACHE_HOME: shared } = process.env;
  const cache = chosen || join(shared || join(homedir(), '.cache'), 'faultline');
  return join(cache, 'passed-checks');
}

function passFile(key, command) {
  const digest = createHash('sha256')
    .update(`${key}\0${command.join('\0')}`)
    .digest('hex');
  return join(passesFolder(), digest);
}

/** Whether this command has passed on exactly this content. */
export function hasPassed(key, command) {
  return key !== undefined && existsSync(passFile(key, command));
}

/** Call it only when the content is still what it was before the command ran. */
export function keepPass(key, command) {
  if (key === undefined) return;
  const folder = passesFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(passFile(key, command), `${command.join(' ')}\n`);
  const oldest = Date.now() - keptDays * 86_400_000;
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (statSync(file, { throwIfNoEntry: false })?.mtimeMs < oldest) rmSync(file, { force: true });
  }
}
