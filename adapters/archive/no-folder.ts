import { ArchiveUnreadable, type ArchiveFiles } from '../ports/archive.js';

/** Where no folder is configured: facts that were archived once can't be read. */
export const noArchiveFolder: Pick<ArchiveFiles, 'read'> = {
  read: ({ file }) => Promise.reject(new ArchiveUnreadable(file, 'no archive.folder is configured here')),
};
