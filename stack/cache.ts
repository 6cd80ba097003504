import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { processIdentity } from './process-identity.js';
import { progress } from './progress.js';

/** How one component gets onto this machine. */
export interface Recipe {
  readonly name: string;
  readonly version: string;
  /** Files the build reads, as names below stack/recipes; they are part of the key. */
  readonly files: readonly string[];
  /** Anything else that changes the result (flags, versions of parts). */
  readonly salt: string;
  /** Programs that the build can't do without. */
  readonly needs: readonly ('java' | 'javac' | 'mvn' | 'go' | 'python3')[];
  /** Fills `output`, an empty folder. `final` is where that folder will be moved to. */
  build(place: {
    output: string;
    recipes: string;
    scratch: string;
    log: string;
    final: string;
  }): Promise<void>;
}

/** Outside the clone, so that clones share it and `git clean` doesn't cost ten minutes. */
export function cacheRoot(): string {
  const { FAULTLINE_CACHE: chosen, XDG_CACHE_HOME: shared } = process.env;
  if (chosen !== undefined && chosen !== '') return chosen;
  return join(shared !== undefined && shared !== '' ? shared : join(homedir(), '.cache'), 'faultline');
}

export const recipesFolder = join(import.meta.dirname, 'recipes');

/** Whether the component is there, so that nothing is needed to build it. */
export async function isProvided(recipe: Recipe): Promise<boolean> {
  return existsSync(await componentFolder(recipe));
}

/** Folder of the finished component; depends on the recipe's content, so that an edited recipe is built anew. */
export async function componentFolder(recipe: Recipe): Promise<string> {
  const digest = createHash('sha256').update(recipe.salt).update(process.platform).update(process.arch);
  for (const file of recipe.files) digest.update(file).update(await readFile(join(recipesFolder, file)));
  return join(cacheRoot(), recipe.name, `${recipe.version}-${digest.digest('hex').slice(0, 12)}`);
}

interface Lock {
  release(): Promise<void>;
}

const staleAfterMs = 20_000;

/** Whether whoever holds the lock is gone: its process is, or (after a reboot, in another container) it stopped touching the file. */
async function isStale(file: string): Promise<boolean> {
  const content = await readFile(file, 'utf8').catch(() => undefined);
  const status = await stat(file).catch(() => undefined);
  if (content === undefined || status === undefined) return false;
  const [pid, ...identity] = content.split(' ');
  const silent = Date.now() - status.mtimeMs > staleAfterMs;
  return silent && processIdentity(Number(pid)) !== identity.join(' ');
}

async function acquire(file: string, what: string): Promise<Lock> {
  const mine = `${process.pid} ${processIdentity(process.pid) ?? ''}`;
  for (;;) {
    try {
      const held = await open(file, 'wx');
      await held.writeFile(mine);
      await held.close();
      break;
    } catch (problem) {
      if (!(problem instanceof Error && 'code' in problem && problem.code === 'EEXIST')) throw problem;
    }
    if (await isStale(file)) {
      // Renamed first, so that of two who find it stale only one removes it.
      const aside = `${file}.${randomUUID()}`;
      await rename(file, aside).catch(() => undefined);
      await rm(aside, { force: true });
      continue;
    }
    progress(`waiting for another run: ${what} (lock ${file})`);
    await pause(500);
  }
  const beat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), 5_000);
  return {
    async release() {
      clearInterval(beat);
      await rm(file, { force: true });
    },
  };
}

/** Does `work` while nobody else does theirs under the same lock file; waits for them. A dead holder's lock is broken after 20 s. */
export async function exclusively<Result>(
  file: string,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const lock = await acquire(file, what);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function removeLeftovers(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    if (entry.startsWith('building-')) await rm(join(parent, entry), { recursive: true, force: true });
  }
}

/**
 * The component's folder, built first if it isn't there. Two runs at once: one builds, the other waits for it. A build that fails or is
 * killed leaves nothing that looks finished.
 */
export async function provide(recipe: Recipe): Promise<string> {
  const final = await componentFolder(recipe);
  if (existsSync(final)) return final;
  const parent = join(final, '..');
  await mkdir(parent, { recursive: true });
  return exclusively(join(parent, 'lock'), `the build of ${recipe.name}`, async () => {
    try {
      if (existsSync(final)) return final;
      await removeLeftovers(parent);
      const building = join(parent, `building-${process.pid}`);
      const output = join(building, 'output');
      const scratch = join(building, 'scratch');
      await mkdir(output, { recursive: true });
      await mkdir(scratch);
      const started = Date.now();
      progress(`building ${recipe.name} ${recipe.version} (once; kept in ${parent})`);
      const log = join(parent, 'build.log');
      await recipe.build({ output, recipes: recipesFolder, scratch, log, final });
      await rename(output, final);
      progress(`built ${recipe.name} ${recipe.version} in ${((Date.now() - started) / 1000).toFixed(0)} s`);
      return final;
    } finally {
      await removeLeftovers(parent);
    }
  });
}
