// Makes a clone ready to run: packages installed as locked, TypeScript built. Does nothing that is done already.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalledAsLocked } from './installed-as-locked.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `faultline needs Node.js 20.19 or newer, this is ${process.versions.node}: https://nodejs.org\n`,
  );
  process.exit(1);
}

function run(command, args) {
  // Installing and building are not what the user asked for: what they print goes to stderr.
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
}

/** Installs the locked packages unless exactly these are there. */
export function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.faultline-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  if (!isInstalled()) {
    process.stderr.write('installing packages (once)\n');
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  writeFileSync(stamp, lock);
}

/** Somebody may have run `npm ci` here: to do it again would take the packages away from whoever is using them. */
function isInstalled() {
  const note = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(note)) return false;
  const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
  return isInstalledAsLocked(read(join(root, 'package-lock.json')), read(note));
}

/** Digest of all that the compiler reads. */
function sourcesDigest() {
  const digest = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  for (const name of ['tsconfig.json', 'tsconfig.build.json']) digest.update(readFileSync(join(root, name)));
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'));
  for (const folder of include.map((pattern) => pattern.split('/')[0])) {
    const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => entry.isFile() && /\.(ts|json)$/.test(entry.name));
    for (const file of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
      digest.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
    }
  }
  return digest.digest('hex');
}

/** Compiles to dist/, unless exactly these sources were compiled: even then the compiler took seconds to see it. */
export function build() {
  const sources = sourcesDigest();
  const stamp = join(root, 'dist', '.sources');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  mkdirSync(join(root, 'dist'), { recursive: true });
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  // Types are for `npm test -- checks` and `npm run build`: to check them takes twice as long as all the rest.
  run(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--noCheck']);
  // What was edited meanwhile may not be what was compiled.
  if (sourcesDigest() === sources) writeFileSync(stamp, sources);
}
