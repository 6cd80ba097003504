import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, closeSync, existsSync, openSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { canWalk, type ServerAccount } from './embedded-user.js';

/** The files of one embedded server. */
export interface ServerFolder {
  readonly password: string;
  /** PostgreSQL's own data; may lie elsewhere than the data folder, behind a link. */
  readonly cluster: string;
  readonly log: string;
}

/** What a running server writes about itself. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/** Last lines of a log, for an error message. */
export async function tailOf(file: string, lines = 15): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '(no log)');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

function run(program: string, args: readonly string[], account: ServerAccount | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...account, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${code ?? 'a signal'}:\n${output.trim()}`));
    });
  });
}

async function storedPassword(file: string): Promise<string> {
  if (!existsSync(file)) {
    const fresh = randomBytes(24).toString('base64url');
    // 'wx' and not a check: of two that start at once, one writes and both read the same.
    await writeFile(file, fresh, { mode: 0o600, flag: 'wx' }).catch(() => undefined);
  }
  return (await readFile(file, 'utf8')).trim();
}

/**
 * Removes clusters whose data folder was a temporary one and is gone, as tests leave them. Others stay: a data folder that can't be seen may
 * only be on a disk that is not mounted now.
 */
async function removeAbandoned(shelter: string): Promise<void> {
  for (const entry of await readdir(shelter)) {
    const home = join(shelter, entry);
    const link = await readFile(join(home, 'home'), 'utf8').catch(() => '');
    const abandoned = link.startsWith(`${tmpdir()}/`) && !existsSync(dirname(link));
    if (abandoned && (await findRunning({ cluster: join(home, 'cluster') })) === undefined) {
      await rm(home, { recursive: true, force: true });
    }
  }
}

/**
 * Where the cluster lies. Root's server runs as another user, who may be unable to walk down to the data folder (a clone under a 0700
 * home): then the cluster goes to /var/lib/faultline, and the data folder keeps a link to it.
 */
async function placeCluster(dataFolder: string, account: ServerAccount | undefined): Promise<string> {
  const link = join(dataFolder, 'cluster');
  if (existsSync(link)) return realpath(link);
  if (canWalk(account, dataFolder)) return link;
  if (canWalk(account, dirname(dataFolder))) {
    chmodSync(dataFolder, 0o711);
    return link;
  }
  const shelter = '/var/lib/faultline';
  await mkdir(shelter, { recursive: true, mode: 0o755 });
  await removeAbandoned(shelter);
  const home = await mkdtemp(join(shelter, 'postgres-'));
  await writeFile(join(home, 'home'), link);
  chmodSync(home, 0o711);
  await symlink(join(home, 'cluster'), link);
  return join(home, 'cluster');
}

/** Makes the data folder ready: password, place of the cluster. Idempotent. */
export async function prepareFolder(
  dataFolder: string,
  account: ServerAccount | undefined,
): Promise<ServerFolder> {
  await mkdir(dataFolder, { recursive: true, mode: 0o711 });
  const cluster = await placeCluster(await realpath(dataFolder), account);
  return {
    password: await storedPassword(join(dataFolder, 'password')),
    cluster,
    log: join(dataFolder, 'server.log'),
  };
}

/** Whether a cluster was ever made in this folder. */
export function hasCluster({ cluster }: Pick<ServerFolder, 'cluster'>): boolean {
  return existsSync(join(cluster, 'PG_VERSION'));
}

/** Makes the cluster if there is none: built aside, renamed into place when whole. Idempotent. */
export async function initialise(
  folder: ServerFolder,
  binaries: string,
  account: ServerAccount | undefined,
): Promise<void> {
  if (hasCluster(folder)) return;
  const building = await mkdtemp(`${folder.cluster}.building-`);
  try {
    const passwordFile = join(building, 'password');
    await writeFile(passwordFile, folder.password, { mode: 0o600 });
    if (account !== undefined) {
      chownSync(building, account.uid, account.gid);
      chownSync(passwordFile, account.uid, account.gid);
    }
    const made = join(building, 'cluster');
    await run(
      join(binaries, 'bin/initdb'),
      [
        `--pgdata=${made}`,
        '--username=faultline',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ],
      account,
    );
    await rename(made, folder.cluster);
  } catch (problem) {
    if (!hasCluster(folder)) throw problem;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (problem) {
    return problem instanceof Error && 'code' in problem && problem.code === 'EPERM';
  }
}

/** The server that runs on this cluster, if any. A pid file that a crash left behind is not one; whoever connects must still check. */
export async function findRunning(folder: Pick<ServerFolder, 'cluster'>): Promise<RunningServer | undefined> {
  const text = await readFile(join(folder.cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const [pid, , , port, , , , status] = text.split('\n').map((line) => line.trim());
  if (pid === undefined || pid === '' || port === undefined || port === '') return undefined;
  if (!isAlive(Number(pid)) || status === 'stopping') return undefined;
  return { pid: Number(pid), port: Number(port) };
}

/** Starts the server, detached: it outlives us. Resolves when the process exists, not when it is ready. */
export function spawnServer(
  binaries: string,
  folder: ServerFolder,
  account: ServerAccount | undefined,
  settings: Readonly<Record<string, string | number>>,
): { pid: number; exited: () => boolean } {
  const log = openSync(folder.log, 'a', 0o600);
  try {
    const options = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const child = spawn(join(binaries, 'bin/postgres'), ['-D', folder.cluster, ...options], {
      ...account,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
    });
    let over = false;
    child.on('error', () => (over = true));
    child.on('exit', () => (over = true));
    child.unref();
    if (child.pid === undefined) throw new Error(`${join(binaries, 'bin/postgres')} could not be started`);
    return { pid: child.pid, exited: () => over };
  } finally {
    closeSync(log);
  }
}

/** Fast shutdown (SIGINT: connections are cut, nothing committed is lost). Resolves when the process is gone. */
export async function stopServer(pid: number, patienceMs = 30_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  if (isAlive(pid)) process.kill(pid, 'SIGINT');
  while (isAlive(pid)) {
    if (Date.now() > deadline) throw new Error(`PostgreSQL (process ${pid}) does not stop; look at its log`);
    await pause(25);
  }
}
