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
      `--reporter=${join(root, 'tools/report-found.mjs')}`,
      `--maxWorkers=${workers}`,
      ...files,
    ];
    const env = { ...process.env, ...variables, FAULTLINE_FOUND: report, FORCE_COLOR: '0', NO_COLOR: '1' };
    const { code, output, cpuSeconds } = await execute(node, args, { env, quiet, patient });
    return { ...countsOf(readReport(report), { name, files, code }), cpuSeconds, output };
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

function countsOf(found, { name, files, code }) {
  if (found === undefined) {
    return { passed: 0, failed: 1, failures: [`the test runner left no report (exit code ${code})`] };
  }
  const ran = new Map(found.files.map((one) => [one.file, one]));
  const failures = [...found.unhandled];
  let passed = 0;
  for (const file of files) {
    const one = ran.get(file) ?? { ms: 0, passed: 0, leftOut: 0, failures: [] };
    timed.push({ name, file, ms: one.ms });
    passed += one.passed;
    failures.push(...one.failures.map((failure) => file + failure));
    if (one.leftOut > 0) failures.push(`${file}: ${one.leftOut} skipped`);
    if (one.passed + one.leftOut + one.failures.length === 0) failures.push(`${file}: ran nothing`);
  }
  if (failures.length === 0 && code !== 0)
    failures.push(`the test runner ended with exit code ${code}; see above`);
  return { passed, failed: failures.length, failures };
}

/** The ten files that took longest, over all parts. */
export function printSlowest() {
  if (timed.length === 0) return;
  process.stdout.write('\nslowest test files\n');
  for (const { name, file, ms } of timed.sort((one, other) => other.ms - one.ms).slice(0, 10)) {
    process.stdout.write(`${(ms / 1000).toFixed(1).padStart(7)} s  ${file} (${name})\n`);
  }
}
