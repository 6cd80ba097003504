import { join } from 'node:path';

import { ArchiveFolder } from '../../adapters/archive/archive-folder.js';
import type { OpenJournal, OpenWebhooks } from '../../adapters/journal/options.js';
import type { Clock, Randomness } from '../../adapters/ports/clock.js';
import type { Log } from '../../adapters/ports/log.js';
import {
  holdsDatabase,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../adapters/postgres/embedded-server.js';
import { openPostgresJournal } from '../../adapters/postgres/journal.js';
import { eventSource } from '../../schemas/cloud-events.js';
import { createOutboxWriter } from '../../services/maintenance/publish/outbox-writer.js';
import type { Configuration } from '../configuration/configuration.js';
import { readSecret } from '../configuration/secret.js';
import { CommandFailed } from '../errors.js';
import { dependency, type Dependency } from './dependency.js';
import { headStartOf } from './head-start.js';
import { lateOutboxWriter } from './late-outbox-writer.js';

/** What opening a journal needs besides the configuration. */
export interface JournalSurroundings {
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How many relays can send at once. Fixed when a journal is made. */
const outboxPartitions = 4;

/** Without credentials, which do not belong on a terminal. */
function addressOfDatabase(connectionString: string): string {
  const { hostname, port, pathname } = new URL(connectionString);
  return `${hostname}:${port === '' ? '5432' : port}${pathname}`;
}

/** What is named when the database does not answer. */
export function journalOf({ path }: Pick<Configuration, 'path'>, connectionString: string): Dependency {
  return {
    what: 'journal (PostgreSQL)',
    where: addressOfDatabase(connectionString),
    next: `start PostgreSQL or mend journal.connection and journal.password in ${path}; \`faultline doctor\` tries every connection`,
  };
}

/** The configured connection with its password. */
export function addressWithPassword(
  { connection, password }: Extract<Configuration['journal'], { readonly kind: 'postgres' }>,
  environment: JournalSurroundings['environment'],
): string {
  if (password === undefined) return connection;
  const url = new URL(connection);
  url.password = encodeURIComponent(readSecret(password, environment));
  return url.href;
}

/** Of the database; an embedded one is started, and `opened` told how to stop it. */
export async function connectionStringOf(
  configuration: Configuration,
  environment: JournalSurroundings['environment'],
  opened: (close: () => Promise<void>) => void,
): Promise<string> {
  const { journal } = configuration;
  if (journal.kind === 'postgres') return addressWithPassword(journal, environment);
  const dataFolder = folderOfDatabase(configuration);
  const server: EmbeddedPostgres = await dependency(
    {
      what: 'embedded database',
      where: dataFolder,
      next: `stop what else uses this folder, or name another one as installation.dataFolder in ${configuration.path}`,
    },
    () => startEmbeddedPostgres({ dataFolder, durability: journal.durability }),
  );
  opened(() => server.stop());
  return server.connectionString;
}

function folderOfDatabase({ dataFolder }: Pick<Configuration, 'dataFolder'>): string {
  return join(dataFolder, 'postgres');
}

/** For who only wants to read: nothing was ever written there. */
export function noJournalAt(where: string, { path }: Pick<Configuration, 'path'>): CommandFailed {
  return new CommandFailed(
    'NotFound',
    `there is no journal at ${where} yet`,
    `start \`faultline run --config ${path}\` once, or name the configuration of the installation with --config`,
  );
}

/** Who reads makes nothing. @throws CommandFailed NotFound: an embedded database that was never made */
export function refuseToMakeDatabase(configuration: Configuration): void {
  const folder = folderOfDatabase(configuration);
  if (configuration.journal.kind === 'embedded' && !holdsDatabase(folder))
    throw noJournalAt(folder, configuration);
}

/** Where archived facts are read; nothing where no folder is configured. */
export function archiveFilesOf({ archive }: Pick<Configuration, 'archive'>): {
  readonly archiveFiles?: ArchiveFolder;
} {
  return archive.folder === undefined ? {} : { archiveFiles: new ArchiveFolder(archive.folder) };
}

/** Opens the journal; what it publishes names its own installation and epoch. */
export async function openJournal(
  configuration: Configuration,
  { clock, randomness, log }: Omit<JournalSurroundings, 'environment'>,
  connectionString: string,
): Promise<OpenJournal & OpenWebhooks> {
  const late = lateOutboxWriter();
  const journal = await dependency(journalOf(configuration, connectionString), () =>
    openPostgresJournal({
      connectionString,
      clock,
      randomness,
      partitionCount: configuration.eventLog.partitions,
      outboxPartitions,
      ...archiveFilesOf(configuration),
      writer: late.writer,
      headStartMs: ({ faultType }) => headStartOf(configuration, faultType),
      // One process owns the folder of an embedded server.
      alone: configuration.journal.kind === 'embedded',
      onRestored: () => {
        log.warn(
          {},
          'the journal lies in another database than before, so it was restored from a copy: a new epoch begins, and every cluster and open command is observed before anything is done',
        );
      },
      onInputLost: ({ group, topic, partition, from, to }) => {
        log.error(
          { group, topic, partition, from: String(from), to: String(to) },
          'the log dropped records before they were read: every node that something goes on about is told and all are observed anew; keep input topics longer than the longest outage',
        );
      },
    }),
  );
  try {
    const { id, epoch } = await journal.journal.installation();
    late.use(createOutboxWriter({ source: eventSource(id, 'maintenance'), epoch }));
    return journal;
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** Gives the database of the configured journal; an embedded one is started for it. What `opened` is told of is closed again. */
export async function withDatabase<Result>(
  configuration: Configuration,
  environment: JournalSurroundings['environment'],
  work: (connectionString: string, opened: (close: () => Promise<void>) => void) => Promise<Result>,
): Promise<Result> {
  const closers: (() => Promise<void>)[] = [];
  const opened = (close: () => Promise<void>): void => void closers.unshift(close);
  try {
    return await work(await connectionStringOf(configuration, environment, opened), opened);
  } finally {
    for (const close of closers) await close();
  }
}

/** Opens the journal alone, for what an operator does to it as a whole, and closes it again. */
export function withJournal<Result>(
  configuration: Configuration,
  surroundings: JournalSurroundings,
  work: (journal: OpenJournal) => Promise<Result>,
): Promise<Result> {
  return withDatabase(configuration, surroundings.environment, async (connectionString, opened) => {
    const journal = await openJournal(configuration, surroundings, connectionString);
    opened(() => journal.close());
    return work(journal);
  });
}
