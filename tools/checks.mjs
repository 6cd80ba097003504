// Formatting, types, lint, dependency rules and unused code.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { contentKey, hasPassed, keepPass } from './content-key.mjs';
import { firstLine } from './first-line.mjs';
import { execute, part, sideBySide } from './parts.mjs';
import { root } from './prepare.mjs';

const rooted = [
  ...['domain', 'schemas', 'workflows', 'services', 'adapters', 'cli', 'world', 'simulation'],
  ...['stack', 'bench', 'chaos', 'packages'],
];

/** The longest first, so that the others fit beside it. */
const checks = [
  { name: 'lint', command: ['eslint', '.'] },
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'formatting', command: ['prettier', '--check', '--log-level=warn', '.'] },
  { name: 'dependency rules', command: ['depcruise', ...rooted, '--output-type', 'err'] },
  { name: 'unused code', command: ['knip'] },
];

async function run(key, [program, ...args], patient) {
  const command = [program, ...args];
  if (hasPassed(key, command)) {
    const output = 'passed before with exactly these files\n';
    return { passed: 1, failed: 0, failures: [], cpuSeconds: 0, output };
  }
  const { code, output, cpuSeconds } = await execute(join(root, 'node_modules/.bin', program), args, {
    quiet: true,
    patient,
  });
  if (code !== 0) return { passed: 0, failed: 1, failures: [firstLine(output)], cpuSeconds, output };
  // What was edited meanwhile may not be what was checked.
  if (contentKey() === key) keepPass(key, command);
  return { passed: 1, failed: 0, failures: [], cpuSeconds, output };
}

/** Each check counts as one test. `patient`: something else goes on that is in more of a hurry. */
export async function runChecks({ patient = false } = {}) {
  const key = contentKey();
  await sideBySide(Math.min(2, availableParallelism()), checks, ({ name, command }) =>
    part(name, () => run(key, command, patient), { quiet: true }),
  );
}
