import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findRunning, stopServer } from '../adapters/postgres/embedded-process.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../adapters/postgres/embedded-server.js';
import { processIdentity } from './process-identity.js';
import { remember } from './supervised.js';

export interface PostgresOptions {
  readonly folder: string;
  /** A free one, if not given. */
  readonly port?: number;
  /** Most clients at once; 100, if not given. */
  readonly maxConnections?: number;
}

/** PostgreSQL 18 with fsync on. Data stays in `folder` over a stop and a start. */
export async function startPostgres({ folder, ...options }: PostgresOptions): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataFolder: folder, ...options });
  const identity = processIdentity(server.pid) ?? 'ended at once';
  remember({
    name: 'postgres',
    pid: server.pid,
    identity,
    log: join(folder, 'server.log'),
    stopSignal: 'SIGINT',
  });
  return server;
}

/**
 * SIGKILL to the server's first process. The others notice and end; until they have, no new server starts on this data,
 * so that `startPostgres` with the same folder and port may have to be tried several times.
 */
export function kill9Postgres(server: EmbeddedPostgres): void {
  process.kill(server.pid, 'SIGKILL');
}

/**
 * Stops a server on this folder's data that no ledger knows, because `up` was killed while it was starting. The id in PostgreSQL's own file
 * may be somebody else's by now, hence the look at what the process was called with.
 */
export async function stopPostgres(folder: string): Promise<void> {
  const link = join(folder, 'cluster');
  if (!existsSync(link)) return;
  const cluster = await realpath(link);
  const server = await findRunning({ cluster });
  if (server === undefined) return;
  const command = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(server.pid)], { encoding: 'utf8' });
  if (command.includes(`-D ${cluster} `)) await stopServer(server.pid);
}

/** Removes the data of a stopped server, also where it had to lie outside of `folder`. */
export async function removePostgres(folder: string): Promise<void> {
  const link = join(folder, 'cluster');
  if (existsSync(link)) {
    const home = dirname(await realpath(link));
    if (basename(home).startsWith('postgres-') && dirname(home) === '/var/lib/faultline') {
      await rm(home, { recursive: true, force: true });
    }
  }
  await rm(folder, { recursive: true, force: true });
}
