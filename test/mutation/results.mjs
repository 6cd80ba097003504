import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** What became of each mutant, last, in Stryker's own form: outside the clone, since finding them all takes hours. */
export const mutationResults = join(
  process.env.FAULTLINE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'faultline'),
  'mutation',
  'incremental.json',
);
