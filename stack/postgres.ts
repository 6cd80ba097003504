import { existsSync } from 'node:fs';
import { realpath, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../adapters/postgres/embedded-server.js';
import { processIdentity } from './process-identity.js';
import { remember } from './supervised.js';

/** PostgreSQL 18 with fsync on. Data stays in `folder` over a stop and a start. */
export async function startPostgres({ folder }: { folder: string }): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataFolder: folder });
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
