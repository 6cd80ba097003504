#!/usr/bin/env node
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { explained } from '../test/mutation/explained.mjs';
import { mutationResults, withoutSurvivors } from '../test/mutation/results.mjs';
import { execute } from './parts.mjs';
import { root } from './prepare.mjs';

/** Percent that has to be killed over all. */
const wanted = 85;
const [first, ...others] = process.argv.slice(2);

const usage = `npm run mutate                       the last score of each mutated file
npm run mutate -- FILE... | all      first runs what changed since in these files, and what survived; all of them take hours
npm run mutate -- --survivors FILE   what no test saw
What survives in a file of test/mutation/explained.mjs has to be explained there.
Exit code 0: at least ${wanted} % were killed, and all survivors explained where they have to be; 1: not so, or there is no score of this
code; 2: the call is wrong.
`;

function resultsByFile() {
  if (!existsSync(mutationResults)) return [];
  const { files } = JSON.parse(readFileSync(mutationResults, 'utf8'));
  return Object.entries(files)
    .map(([file, { source, mutants }]) => ({
      file,
      source,
      changed: !existsSync(join(root, file)) || readFileSync(join(root, file), 'utf8') !== source,
      ...judged(mutants),
    }))
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

/** One line on what is wrong, and the exit code. */
function tell(problem, code) {
  process.stderr.write(`${problem}\n`);
  process.exitCode = code;
}

function showSurvivors(files) {
  const results = resultsByFile();
  const unknown = files.filter((file) => !results.some((one) => one.file === file));
  if (unknown.length > 0)
    tell(`${unknown.join(', ')}: not mutated yet; npm run mutate -- ${unknown.join(' ')}`, 1);
  for (const { file, source, alive } of results.filter((one) => files.includes(one.file))) {
    process.stdout.write(`${file}\n`);
    for (const mutant of alive)
      process.stdout.write(`  ${mutant.location.start.line}: ${changeOf(mutant, source)}\n`);
  }
}

/** `before -> after`, on one line: what it is known by while lines move. */
function changeOf({ location: { start, end }, replacement = '' }, source) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  lines[last] = lines[last].slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  const onOneLine = (text) => text.replaceAll(/\s+/g, ' ').trim();
  return `${onOneLine(lines.join('\n'))} -> ${onOneLine(replacement)}`;
}

/** Survivors without an explanation, and explanations of what was killed, in the files that have to have them. */
function whatIsUnexplained(results) {
  return results
    .filter(({ file, changed }) => explained[file] !== undefined && !changed)
    .flatMap(({ file, source, alive }) => {
      const survivors = new Set(alive.map((mutant) => changeOf(mutant, source)));
      const known = new Set(Object.keys(explained[file]));
      return [
        ...[...survivors]
          .filter((change) => !known.has(change))
          .map(
            (change) =>
              `${file}: no test sees ${change}: write one, or explain it in test/mutation/explained.mjs`,
          ),
        ...[...known]
          .filter((change) => !survivors.has(change))
          .map(
            (change) =>
              `${file}: explained, but does not survive: ${change}: take it out of test/mutation/explained.mjs`,
          ),
      ];
    });
}

/** The scores, and what keeps them from being good enough. */
function showScores(code) {
  const results = resultsByFile();
  if (results.length === 0) {
    tell('nothing was mutated on this machine yet: npm run mutate -- FILE (or all, which takes hours)', 1);
    return;
  }
  for (const { file, killed, alive } of results) line(file, killed, alive.length);
  const killed = results.reduce((sum, one) => sum + one.killed, 0);
  const alive = results.reduce((sum, one) => sum + one.alive.length, 0);
  line('in all', killed, alive);
  const changed = results.filter((one) => one.changed).map(({ file }) => file);
  if (changed.length > 0)
    tell(`changed since, so that is no score of it: npm run mutate -- ${changed.join(' ')}`, 1);
  for (const problem of whatIsUnexplained(results)) tell(problem, 1);
  if (code !== 0 || percent(killed, alive) < wanted) process.exitCode = 1;
}

/** A run that breaks off leaves the scores as they were. */
async function mutate(files) {
  const running = `${mutationResults}.running`;
  rmSync(running, { force: true });
  if (existsSync(mutationResults)) {
    const known = withoutSurvivors(JSON.parse(readFileSync(mutationResults, 'utf8')), files);
    writeFileSync(running, JSON.stringify(known));
  }
  const chosen = files[0] === 'all' ? [] : ['--mutate', files.join()];
  const stryker = join(root, 'node_modules/.bin/stryker');
  const { code } = await execute(stryker, ['run', ...chosen, '--incrementalFile', running]);
  if (code === 0) renameSync(running, mutationResults);
  return code;
}

const given = [first, ...others].filter((one) => one !== undefined);
const unknown = given.find((one) => one.startsWith('-') && one !== '--survivors');
if (first === '--help' || first === '-h') process.stdout.write(usage);
else if (unknown !== undefined)
  tell(`Unknown option '${unknown}'; npm run mutate -- --help lists what there is`, 2);
else if (first === '--survivors' && others.length === 0) tell('--survivors takes the files to show', 2);
else if (first === '--survivors') showSurvivors(others);
else showScores(given.length === 0 ? 0 : await mutate(given));
