#!/usr/bin/env node
// `npm test`: checks, then every test, with the minutes of each part and one closing line that machines can read.
// `npm test -- PART` runs one part.
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runChecks } from './checks.mjs';
import { closeParts, execute } from './parts.mjs';
import { build, install, root } from './prepare.mjs';
import { fastFiles, printSlowest, realFiles, runTests } from './test-files.mjs';

const startedAt = Date.now();
const partNames = ['checks', 'fast', 'nodes', 'real'];
const only = process.argv[2];
if (only !== undefined && !partNames.includes(only)) {
  process.stderr.write(`npm test: there is no part "${only}"; the parts are ${partNames.join(', ')}\n`);
  process.exit(2);
}
const wanted = (name) => only === undefined || only === name;

install();

const stack = (...command) => ['--import', 'tsx', join(root, 'stack/main.ts'), ...command];

/** Names every missing program before anything long is begun: nothing is skipped for want of one. */
async function refuseIfMissing() {
  const { code } = await execute(process.execPath, stack('check'));
  if (code === 0) return;
  process.stdout.write('0 passed, 1 failed\n');
  process.exit(1);
}

/** Real components mostly wait for each other: what computes fits beside as many of them as there are cores. */
const cores = availableParallelism();
const fastWorkers = Math.min(cores, 4);
const realWorkers = Math.min(cores, 4);

/**
 * The fast tests again, all of them, on each other version of Node; of the seeded schedules and the days of a record a
 * few, since they try our logic and not Node.
 */
async function runOnOtherNodes(how) {
  const variables = {
    FAULTLINE_SIMULATIONS: '5',
    FAULTLINE_RECORD_DAYS: '10',
    FAULTLINE_DEMO_DAYS: '5',
    FAULTLINE_FALSE_ALARMS: '200',
    FAULTLINE_WORLDS: '1',
  };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, stack('node'), { cwd: root });
  process.stderr.write(stderr);
  for (const line of stdout.trim().split('\n')) {
    const [version = '', ...program] = line.split(' ');
    const name = `fast tests on Node ${version.split('.')[0]}`;
    await runTests(name, fastFiles, { ...how, node: program.join(' '), variables });
  }
}

/** What computes. Beside the real components it goes on where they wait, and is shown when it is done. */
async function runFast() {
  const how = { workers: fastWorkers, quiet: wanted('real'), patient: wanted('real') };
  if (wanted('checks')) await runChecks(how);
  if (wanted('fast')) await runTests('fast tests', fastFiles, how);
  if (wanted('nodes')) await runOnOtherNodes(how);
}

async function runReal() {
  if (!wanted('real')) return;
  // All at once and before anything waits for them: the first run on a machine builds for minutes.
  await execute(process.execPath, stack('build'));
  await runTests('tests on real components', realFiles, { workers: realWorkers });
}

if (wanted('real') || wanted('nodes')) await refuseIfMissing();
if (only !== 'checks') build();
await Promise.all([runFast(), runReal()]);

printSlowest();
process.exit(closeParts(startedAt) ? 0 : 1);
