#!/usr/bin/env node
// `npm test`: checks, then every test, with the minutes of each part and one closing line that machines can read.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, install, root } from './prepare.mjs';

install();
const bin = (name) => join(root, 'node_modules/.bin', name);
const parts = [];
let passed = 0;
let failed = 0;

function execute(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], ...options });
    child.on('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve(127);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

async function part(name, work) {
  const started = Date.now();
  process.stdout.write(`\n== ${name}\n`);
  const counts = await work();
  passed += counts.passed;
  failed += counts.failed;
  parts.push({ name, minutes: (Date.now() - started) / 60_000, ...counts });
}

/** A check counts as one test. */
function check(name, command, args) {
  return part(name, async () =>
    (await execute(command, args)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 },
  );
}

/** Tests that start real components; everything else needs Node alone. */
const realFolders = ['test/adapters', 'test/contract', 'test/deploy', 'test/stack', 'test/stack-self'];
const allFiles = readdirSync(join(root, 'test'), { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .sort();
const isReal = (file) => realFolders.some((folder) => file.startsWith(`${folder}/`));

/** Runs test files; one that ran nothing, or a test that was skipped, is a failure. */
function tests(name, files, { node = process.execPath, flags = [] } = {}) {
  return part(name, async () => {
    const report = join(root, 'reports', `${name.replaceAll(/\W+/g, '-')}.json`);
    mkdirSync(join(root, 'reports'), { recursive: true });
    rmSync(report, { force: true });
    const args = [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...flags,
      ...files,
    ];
    const code = await execute(node, args, { env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' } });
    return countsOf(report, files, code);
  });
}

function countsOf(report, files, code) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    process.stdout.write(`the test runner left no report (exit code ${code})\n`);
    return { passed: 0, failed: 1 };
  }
  const ran = new Map(results.testResults.map((file) => [relative(root, file.name), file]));
  let problems = 0;
  for (const file of files) {
    const assertions = ran.get(file)?.assertionResults ?? [];
    const skipped = assertions.filter((test) => test.status !== 'passed' && test.status !== 'failed');
    if (assertions.length > 0 && skipped.length === 0) continue;
    problems += 1;
    process.stdout.write(
      `${file}: ${assertions.length === 0 ? 'ran nothing' : `${skipped.length} skipped`}\n`,
    );
  }
  const failures = results.numFailedTests + problems;
  return { passed: results.numPassedTests, failed: failures === 0 && code !== 0 ? 1 : failures };
}

const only = process.argv[2];
const wanted = (name) => only === undefined || only === name;

if (wanted('checks')) {
  await check('formatting', bin('prettier'), ['--check', '--log-level=warn', '.']);
  await check('types', bin('tsc'), ['--noEmit', '-p', '.']);
  await check('lint', bin('eslint'), ['.']);
  await check('dependency rules', bin('depcruise'), [
    'domain',
    'schemas',
    'workflows',
    'services',
    'adapters',
    'cli',
    'world',
    'stack',
    'bench',
    '--output-type',
    'err',
  ]);
  await check('unused code', bin('knip'), []);
}
if (wanted('fast')) {
  build();
  await tests(
    'fast tests',
    allFiles.filter((file) => !isReal(file)),
  );
}
if (wanted('real')) {
  // One file at a time: each starts servers of its own, and two cores are all there is.
  await tests('tests on real components', allFiles.filter(isReal), { flags: ['--no-file-parallelism'] });
}

process.stdout.write('\n');
for (const { name, minutes, passed: good, failed: bad } of parts) {
  process.stdout.write(`${minutes.toFixed(1).padStart(5)} min  ${name}: ${good} passed, ${bad} failed\n`);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
