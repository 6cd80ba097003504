import { ArchiveUnreadable, type ArchiveFiles } from '../ports/archive.js';

function refuse(file: string): Promise<never> {
  return Promise.reject(new ArchiveUnreadable(file, 'no archive.folder is configured here'));
}

/** Where no folder is configured: facts that were archived once can't be read. */
export const noArchiveFolder: Pick<ArchiveFiles, 'read' | 'look' | 'check'> = {
  read: ({ file }) => refuse(file),
  look: ({ name }) => refuse(name),
  check: ({ name }) => refuse(name),
};
