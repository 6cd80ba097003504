import { accessSync, constants } from 'node:fs';

import { noArchiveFolder } from '../../adapters/archive/no-folder.js';
import { ArchiveUnreadable, type ArchiveFiles, type RecordedFile } from '../../adapters/ports/archive.js';
import { openJournalReader } from '../../adapters/postgres/journal-reader.js';
import { archiveFilesOf } from '../composition/journal-connection.js';
import type { Configuration } from '../configuration/configuration.js';
import type { DoctorCheck } from '../forms/doctor.js';
import { attempt, Diagnosed } from './check.js';

/** The folder, where one is configured. It is not made: a volume that is away must be noticed. */
export async function checkArchiveFolder({ archive }: Configuration): Promise<readonly DoctorCheck[]> {
  const { folder } = archive;
  if (folder === undefined) return [];
  const next = 'mount the folder that archive.folder names, and let this user write there';
  const check = await attempt(`archive: write ${folder}`, next, () => {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return Promise.resolve('writable');
  });
  return [check];
}

const restore =
  'see that archive.folder is right, restore these files from its backup, then run `faultline archive verify`';
/** So many names tell which ones; there may be thousands. */
const namesShown = 5;

async function lookAtAll(
  recorded: readonly RecordedFile[],
  files: Pick<ArchiveFiles, 'look'>,
): Promise<string> {
  const broken: ArchiveUnreadable[] = [];
  for (const file of recorded) {
    try {
      await files.look(file);
    } catch (error) {
      if (!(error instanceof ArchiveUnreadable)) throw error;
      broken.push(error);
    }
  }
  if (broken.length === 0) return `${recorded.length}, none missing or cut off`;
  const names = broken.slice(0, namesShown).map(({ file, reason }) => `${file} (${reason})`);
  const more = broken.length > namesShown ? ', …' : '';
  throw new Diagnosed(
    `${broken.length} of ${recorded.length} can't be read: ${names.join(', ')}${more}`,
    restore,
  );
}

/**
 * Whether the files that the journal knows of are there, in their length; none where nothing was archived. What is in them is for
 * `faultline archive verify`, which takes as long as all of it takes to read.
 */
export async function checkArchiveFiles(
  configuration: Configuration,
  connectionString: string,
): Promise<readonly DoctorCheck[]> {
  const reader = await openJournalReader(connectionString);
  try {
    const recorded = await reader.archive.files();
    if (recorded.length === 0) return [];
    const { archiveFiles = noArchiveFolder } = archiveFilesOf(configuration);
    return [await attempt('archive files', restore, () => lookAtAll(recorded, archiveFiles))];
  } finally {
    await reader.close();
  }
}
