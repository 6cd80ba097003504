import { constants, createReadStream, createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

import {
  BackupRefused,
  readBackupLine,
  type BackupHead,
} from '../../adapters/postgres/backup/backup-form.js';
import {
  readBackup,
  reasonOfRestoration,
  type Restored,
} from '../../adapters/postgres/backup/read-backup.js';
import { writeBackup } from '../../adapters/postgres/backup/write-backup.js';
import type { Configuration } from '../configuration/configuration.js';
import { CommandFailed } from '../errors.js';
import { dependency } from './dependency.js';
import {
  journalOf,
  refuseToMakeDatabase,
  withDatabase,
  withJournal,
  type JournalSurroundings,
} from './journal-connection.js';

/** What a backup refuses is told as such; anything else that fails there is the database's. */
function onDatabase<Result>(
  configuration: Configuration,
  { environment }: JournalSurroundings,
  work: (connectionString: string) => Promise<Result>,
): Promise<Result> {
  return withDatabase(configuration, environment, (connectionString) =>
    dependency(journalOf(configuration, connectionString), () => refusing(() => work(connectionString))),
  );
}

async function refusing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BackupRefused) throw new CommandFailed('BackupRefused', error.message);
    throw error;
  }
}

async function* withNewlines(
  lines: AsyncIterable<string>,
  seen: (line: string) => void,
): AsyncGenerator<string> {
  for await (const line of lines) {
    seen(line);
    yield `${line}\n`;
  }
}

/**
 * Writes the installation into a file (gzip), which appears under its name only when it is whole. Rejects with CommandFailed
 * NotFound where there is none: it makes no database to read.
 */
export async function exportInstallation(
  configuration: Configuration,
  surroundings: JournalSurroundings,
  { file, version }: { readonly file: string; readonly version: string },
): Promise<{ readonly rows: number; readonly sha256: string }> {
  await refuseUnless(
    access(dirname(file), constants.W_OK),
    `${file} can't be written`,
    'name a file in an existing folder that may be written to',
  );
  refuseToMakeDatabase(configuration);
  const unfinished = `${file}.unfinished`;
  let last = '';
  try {
    await onDatabase(configuration, surroundings, async (connectionString) => {
      const lines = writeBackup({ connectionString, version, takenAt: surroundings.clock.now() });
      const text = Readable.from(withNewlines(lines, (line) => (last = line)));
      // A backup holds reports and reasons that people wrote: it is for its owner alone.
      await pipeline(text, createGzip(), createWriteStream(unfinished, { mode: 0o600 }));
    });
    await rename(unfinished, file);
    const line = readBackupLine(last);
    if (line.kind !== 'end') throw new TypeError('a backup was written without its end');
    return line;
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Before the journal is opened: that may take long, and its troubles are others. */
async function refuseUnless(allowed: Promise<void>, what: string, next: string): Promise<void> {
  try {
    await allowed;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailed('Usage', `${what}: ${reason}`, next, { cause: error });
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const plain = createGunzip();
  // What goes wrong with the file comes out of the loop as well.
  pipeline(createReadStream(file), plain).catch(() => undefined);
  plain.setEncoding('utf8');
  let begun = '';
  try {
    for await (const chunk of plain) {
      const lines = (begun + String(chunk)).split('\n');
      begun = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    throw new BackupRefused(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  if (begun !== '') yield begun;
}

export interface Imported {
  readonly restored: Restored;
  /** Of the journal, now. */
  readonly epoch: number;
}

function checkAgainst({ path, eventLog }: Configuration): (head: BackupHead) => void {
  return ({ installation }) => {
    if (installation.partitionCount === eventLog.partitions) return;
    throw new BackupRefused(
      `the installation has ${installation.partitionCount} partitions, but ${path} says ${eventLog.partitions}: set eventLog.partitions to ${installation.partitionCount}`,
    );
  };
}

/**
 * Takes a backup into the configured journal, which has to be empty, and begins a new epoch and a new log epoch: nothing
 * is done before it was observed. The second time it only finishes what is left.
 */
export async function importInstallation(
  configuration: Configuration,
  surroundings: JournalSurroundings,
  { file, subject }: { readonly file: string; readonly subject: string },
): Promise<Imported> {
  await refuseUnless(
    access(file, constants.R_OK),
    `${file} can't be read`,
    'name an existing file, written by `faultline export`',
  );
  const check = checkAgainst(configuration);
  const restored = await onDatabase(configuration, surroundings, (connectionString) =>
    readBackup({ connectionString, lines: linesOf(file), check }),
  );
  return withJournal(configuration, surroundings, async ({ journal, upkeep }) => {
    const reason = reasonOfRestoration(restored.sha256);
    if (!restored.isFollowed) await upkeep.startLogEpoch({ subject, reason });
    return { restored, epoch: (await journal.installation()).epoch };
  });
}
