import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** Where the last result of each mutant is kept: outside the clone, since finding them all takes hours. */
export const mutationFolder = join(
  process.env.FAULTLINE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'faultline'),
  'mutation',
);
