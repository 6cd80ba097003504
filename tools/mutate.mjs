#!/usr/bin/env node
// `npm run mutate`: the last score of each mutated file. `npm run mutate -- FILE…` (or `all`) first runs what changed since in
// these files; `npm run mutate -- --survivors FILE…` shows what no test saw.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { mutationResults } from '../test/mutation/results.mjs';
import { execute } from './parts.mjs';
import { root } from './prepare.mjs';

/** Percent that has to be killed over all. */
const wanted = 85;
const [first, ...others] = process.argv.slice(2);

function resultsByFile() {
  if (!existsSync(mutationResults)) return [];
  const { files } = JSON.parse(readFileSync(mutationResults, 'utf8'));
  return Object.entries(files)
    .map(([file, { source, mutants }]) => ({ file, lines: source.split('\n'), ...judged(mutants) }))
    .sort((left, right) => left.file.localeCompare(right.file));
}

/** Ignored ones are words for people; one that a test never ends with is as good as killed. */
function judged(mutants) {
  const of = (...states) => mutants.filter(({ status }) => states.includes(status));
  return { killed: of('Killed', 'Timeout').length, alive: of('Survived', 'NoCoverage') };
}

function percent(killed, alive) {
  const all = killed + alive;
  return all === 0 ? 100 : (100 * killed) / all;
}

function line(name, killed, alive) {
  const score = percent(killed, alive).toFixed(1).padStart(6);
  process.stdout.write(`${score} %  ${`${killed} of ${killed + alive}`.padStart(12)}  ${name}\n`);
}

function showSurvivors(files) {
  for (const { file, lines, alive } of resultsByFile().filter((one) => files.includes(one.file))) {
    process.stdout.write(`${file}\n`);
    for (const { location, mutatorName, replacement = '' } of alive) {
      const { line: number, column } = location.start;
      const code = (lines[number - 1] ?? '').slice(column - 1, column + 60).trim();
      process.stdout.write(
        `  ${number}: ${mutatorName}: ${code} -> ${replacement.slice(0, 60).replaceAll('\n', ' ')}\n`,
      );
    }
  }
}

if (first === '--survivors') showSurvivors(others);
else {
  const chosen =
    first === undefined ? [] : first === 'all' ? ['run'] : ['run', '--mutate', [first, ...others].join()];
  const { code } =
    chosen.length === 0 ? { code: 0 } : await execute(join(root, 'node_modules/.bin/stryker'), chosen);
  const results = resultsByFile();
  for (const { file, killed, alive } of results) line(file, killed, alive.length);
  const killed = results.reduce((sum, one) => sum + one.killed, 0);
  const alive = results.reduce((sum, one) => sum + one.alive.length, 0);
  line('in all', killed, alive);
  if (code !== 0 || percent(killed, alive) < wanted) process.exitCode = 1;
}
