// Runs test files with vitest. One that ran nothing, or a test that was skipped, is a failure.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { execute, part } from './parts.mjs';
import { root } from './prepare.mjs';

/** Tests that start real components; everything else needs Node alone. */
const realFolders = [
  'adapters',
  'chaos-stack',
  'contract',
  'demo-stack',
  'deploy',
  'stack',
  'stack-self',
].map((folder) => `test/${folder}`);
const isReal = (file) => realFolders.some((folder) => file.startsWith(`${folder}/`));

const allFiles = readdirSync(join(root, 'test'), { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .sort();

export const realFiles = allFiles.filter(isReal);
export const fastFiles = allFiles.filter((file) => !isReal(file));

const timed = [];

/**
 * A part of its own. `node` is the program that runs the tests; `workers` is how many files run at once; `variables` go to
 * the environment; `quiet` and `patient` as for `execute`.
 */
export function runTests(
  name,
  files,
  { node = process.execPath, workers, variables, quiet = false, patient = false },
) {
  const work = async () => {
    const report = join(root, 'reports', `${name.replaceAll(/\W+/g, '-')}.json`);
    mkdirSync(join(root, 'reports'), { recursive: true });
    rmSync(report, { force: true });
    const args = [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      `--maxWorkers=${workers}`,
      ...files,
    ];
    const env = { ...process.env, ...variables, FORCE_COLOR: '0', NO_COLOR: '1' };
    const { code, output } = await execute(node, args, { env, quiet, patient });
    const { problems, ...counts } = countsOf(readReport(report), { name, files, code });
    if (!quiet) process.stdout.write(problems);
    return { ...counts, output: output + problems };
  };
  return part(name, work, { quiet });
}

function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return undefined;
  }
}

function countsOf(results, { name, files, code }) {
  if (results === undefined) {
    return { passed: 0, failed: 1, problems: `the test runner left no report (exit code ${code})\n` };
  }
  const ran = new Map(results.testResults.map((file) => [relative(root, file.name), file]));
  const problems = [];
  for (const file of files) {
    const found = ran.get(file);
    const assertions = found?.assertionResults ?? [];
    const skipped = assertions.filter((test) => test.status !== 'passed' && test.status !== 'failed');
    if (found !== undefined) timed.push({ name, file, ms: found.endTime - found.startTime });
    if (assertions.length > 0 && skipped.length === 0) continue;
    problems.push(`${file}: ${assertions.length === 0 ? 'ran nothing' : `${skipped.length} skipped`}\n`);
  }
  const failures = results.numFailedTests + problems.length;
  return {
    passed: results.numPassedTests,
    failed: failures === 0 && code !== 0 ? 1 : failures,
    problems: problems.join(''),
  };
}

/** The ten files that took longest, over all parts. */
export function printSlowest() {
  if (timed.length === 0) return;
  process.stdout.write('\nslowest test files\n');
  for (const { name, file, ms } of timed.sort((one, other) => other.ms - one.ms).slice(0, 10)) {
    process.stdout.write(`${(ms / 1000).toFixed(1).padStart(7)} s  ${file} (${name})\n`);
  }
}
