import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** What became of each mutant, last, in Stryker's own form: outside the clone, since finding them all takes hours. */
export const mutationResults = join(
  process.env.FAULTLINE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'faultline'),
  'mutation',
  'incremental.json',
);

/**
 * What is known before a run of these files. A mutant in what is run while its file is loaded stays a survivor for Stryker,
 * whatever tests have come since, so each survivor is tried anew.
 */
export function withoutSurvivors(results, chosen) {
  const isChosen = (file) => chosen[0] === 'all' || chosen.includes(file);
  const isDead = ({ status }) => status !== 'Survived' && status !== 'NoCoverage';
  const files = Object.entries(results.files).map(([file, result]) => [
    file,
    isChosen(file) ? { ...result, mutants: result.mutants.filter(isDead) } : result,
  ]);
  return { ...results, files: Object.fromEntries(files) };
}
