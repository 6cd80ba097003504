// Makes a clone ready to run: packages installed as locked, TypeScript built. Does nothing that is done already.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  process.stderr.write('installing packages (once)\n');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, lock);
}

/** Compiles to dist/; unchanged files are not compiled again. */
export function build() {
  mkdirSync(join(root, 'dist'), { recursive: true });
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
}
