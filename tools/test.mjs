#!/usr/bin/env node
// `npm test`: checks, then every test, with the minutes of each part and one closing line that machines can read.
// `npm test -- PART` runs one part.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
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

/**
 * The fast tests again, all of them, on each other version of Node; of the simulation's seeded schedules a tenth, since
 * they try our logic and not Node. Quiet: they run beside what is shown.
 */
async function runOnOtherNodes(flags) {
  const variables = { FAULTLINE_SCHEDULES: '50', FAULTLINE_SIMULATIONS: '10' };
  const listed = execFileSync(process.execPath, stack('node'), {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
  });
  for (const line of listed.trim().split('\n')) {
    const [version = '', ...program] = line.split(' ');
    const name = `fast tests on Node ${version.split('.')[0]}`;
    await runTests(name, fastFiles, { node: program.join(' '), flags, variables, quiet: true });
  }
}

/** One file at a time: each starts servers of its own, and two cores are all there is. */
const runReal = () => runTests('tests on real components', realFiles, { flags: ['--no-file-parallelism'] });

if (wanted('real') || wanted('nodes')) await refuseIfMissing();
if (wanted('checks')) await runChecks();
if (wanted('fast') || wanted('nodes')) build();
if (wanted('fast')) await runTests('fast tests', fastFiles);
// Real components mostly wait for each other; one worker of fast tests fits beside them.
await Promise.all([
  wanted('nodes') ? runOnOtherNodes(['--maxWorkers=1']) : undefined,
  wanted('real') ? runReal() : undefined,
]);

printSlowest();
process.exit(closeParts(startedAt) ? 0 : 1);
