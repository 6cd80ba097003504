import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../loopback/free-port.js';
import { embeddedBinaries } from './embedded-binaries.js';
import {
  findRunning,
  hasCluster,
  initialise,
  prepareFolder,
  spawnServer,
  stopServer,
  tailOf,
  type RunningServer,
  type ServerFolder,
} from './embedded-process.js';
import { serverAccount } from './embedded-user.js';

export interface EmbeddedPostgresOptions {
  /** Holds password, log and cluster; made if missing. One owner at a time. */
  readonly dataFolder: string;
  /** TCP port on 127.0.0.1. Default: a free one. */
  readonly port?: number;
  /** `safe` (default): a commit is on disk when it returns. `fast`: nothing waits for the disk, and a crash of the machine may ruin the data. */
  readonly durability?: 'safe' | 'fast';
  /** Most clients at once. Default 100. */
  readonly maxConnections?: number;
}

export interface EmbeddedPostgres {
  /** Superuser of the database `faultline`. */
  readonly connectionString: string;
  readonly port: number;
  readonly pid: number;
  /** Stops the server, and ends our ownership of the folder. End your pools first: open connections are cut. Idempotent. */
  stop(): Promise<void>;
  /** Ends our ownership but leaves the server running; the next start adopts it. Idempotent. */
  release(): Promise<void>;
}

/** Another live process owns the folder. */
export class EmbeddedPostgresInUse extends Error {
  override readonly name = 'EmbeddedPostgresInUse';
}

/** The server did not become ready; the message holds the end of its log. */
export class EmbeddedPostgresFailed extends Error {
  override readonly name = 'EmbeddedPostgresFailed';
}

const ownership = 'SELECT pg_try_advisory_lock(7264021, 1) AS owned';
const patienceMs = 60_000;

function addressOf(folder: Pick<ServerFolder, 'password'>, port: number, database: string): string {
  return `postgresql://faultline:${folder.password}@127.0.0.1:${port}/${database}`;
}

/** Connects; undefined while the server is starting up or not there. */
async function connect(folder: ServerFolder, port: number): Promise<Client | undefined> {
  const client = new Client({
    connectionString: addressOf(folder, port, 'postgres'),
    connectionTimeoutMillis: 5_000,
  });
  // A server that dies must not take this process with it: whoever uses the database notices by itself.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (problem) {
    await client.end().catch(() => undefined);
    const code = problem instanceof Error && 'code' in problem ? problem.code : undefined;
    if (code === '28P01') {
      throw new EmbeddedPostgresFailed(
        `The server on port ${port} does not take the password kept beside its data (${folder.log}): another PostgreSQL, or the file "password" was changed.`,
      );
    }
    return undefined;
  }
}

async function owned(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ owned: boolean }>(ownership);
  return rows[0]?.owned === true;
}

async function connectWhenReady(folder: ServerFolder, port: number, gone: () => boolean): Promise<Client> {
  const deadline = Date.now() + patienceMs;
  while (!gone() && Date.now() < deadline) {
    const client = await connect(folder, port);
    if (client !== undefined) return client;
    await pause(20);
  }
  throw new EmbeddedPostgresFailed(
    `PostgreSQL did not become ready on 127.0.0.1:${port}. End of ${folder.log}:\n${await tailOf(folder.log)}`,
  );
}

/** A running server that is ours and fits, or undefined after one that does not fit was stopped. */
async function adopt(
  folder: ServerFolder,
  running: RunningServer,
  options: EmbeddedPostgresOptions,
): Promise<Client | undefined> {
  const client = await connect(folder, running.port);
  if (client === undefined) {
    // Starting, stopping, or a foreign process that got a dead server's id. PostgreSQL itself refuses a second server on one cluster.
    return undefined;
  }
  if (!(await owned(client))) {
    await client.end();
    throw new EmbeddedPostgresInUse(
      `${options.dataFolder} is in use by another running process (its PostgreSQL is process ${running.pid}). Stop that one, or choose another data folder.`,
    );
  }
  const { rows } = await client.query<{ commit: string }>(
    `SELECT current_setting('synchronous_commit') AS commit`,
  );
  const sameDurability = (rows[0]?.commit === 'off') === (options.durability === 'fast');
  if (sameDurability && (options.port === undefined || options.port === running.port)) return client;
  await client.end();
  await stopServer(running.pid);
  return undefined;
}

async function ensureDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query(`SELECT FROM pg_database WHERE datname = 'faultline'`);
  if (rowCount === 0) await client.query('CREATE DATABASE faultline');
}

function settingsFor(port: number, options: EmbeddedPostgresOptions): Record<string, string | number> {
  return {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: options.maxConnections ?? 100,
    fsync: options.durability === 'fast' ? 'off' : 'on',
    synchronous_commit: options.durability === 'fast' ? 'off' : 'on',
    // A session left open in any database holds back what the outbox may read.
    idle_in_transaction_session_timeout: '60s',
    log_line_prefix: '%m [%p] ',
  };
}

function handle(client: Client, folder: ServerFolder, server: RunningServer): EmbeddedPostgres {
  let released: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  const release = (): Promise<void> => (released ??= client.end().catch(() => undefined));
  return {
    connectionString: addressOf(folder, server.port, 'faultline'),
    port: server.port,
    pid: server.pid,
    release,
    // Stopped first, released by that: nobody may adopt a server that is going down.
    stop: () => (stopped ??= stopServer(server.pid).finally(release)),
  };
}

/** Whether a database was ever made in this folder. Makes nothing. */
export function holdsDatabase(dataFolder: string): boolean {
  return hasCluster({ cluster: join(resolve(dataFolder), 'cluster') });
}

/** Connection string of the server that runs on this folder, for a look beside its owner; undefined: none runs. Starts and makes nothing. */
export async function addressOfRunning(dataFolder: string): Promise<string | undefined> {
  const running = await findRunning({ cluster: join(resolve(dataFolder), 'cluster') });
  if (running === undefined) return undefined;
  const password = (await readFile(join(resolve(dataFolder), 'password'), 'utf8')).trim();
  return addressOf({ password }, running.port, 'faultline');
}

/**
 * A PostgreSQL of our own on loopback, with its data in `dataFolder`. A server that a killed process left behind is adopted (or stopped, if
 * it runs with other settings). Resolves when the server takes connections and the database `faultline` exists.
 *
 * @throws EmbeddedPostgresInUse if another live process owns the folder
 * @throws EmbeddedPostgresFailed if it doesn't start; the message has the end of the log
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataFolder = resolve(options.dataFolder);
  const account = serverAccount(join(dataFolder, 'cluster'));
  const binaries = await embeddedBinaries(account);
  const folder = await prepareFolder(dataFolder, account);
  await initialise(folder, binaries, account);

  const running = await findRunning(folder);
  const adopted = running === undefined ? undefined : await adopt(folder, running, options);
  if (running !== undefined && adopted !== undefined) {
    await ensureDatabase(adopted);
    return handle(adopted, folder, running);
  }
  const port = options.port ?? (await freePort());
  const spawned = spawnServer(binaries, folder, account, settingsFor(port, options));
  try {
    const client = await connectWhenReady(folder, port, spawned.exited);
    if (!(await owned(client))) {
      await client.end();
      throw new EmbeddedPostgresInUse(
        `${dataFolder} was taken by another process while PostgreSQL was starting.`,
      );
    }
    await ensureDatabase(client);
    return handle(client, folder, { pid: spawned.pid, port });
  } catch (problem) {
    // Nobody would stop it; one that another process has taken is that one's.
    if (!(problem instanceof EmbeddedPostgresInUse)) await stopServer(spawned.pid);
    throw problem;
  }
}
