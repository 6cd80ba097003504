// The parts of `npm test`: what each found, and how long it took.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { root } from './prepare.mjs';

const parts = [];

/**
 * Runs a program; `quiet` keeps what it prints and gives it back instead, `patient` lets others go first. A program that
 * can't be started ended with 127.
 */
export function execute(command, args, { env = process.env, quiet = false, patient = false } = {}) {
  return new Promise((resolve) => {
    const output = [];
    const pipe = quiet ? 'pipe' : 'inherit';
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', pipe, pipe] });
    if (patient && child.pid !== undefined) letOthersGoFirst(child.pid);
    child.stdout?.on('data', (bytes) => output.push(bytes));
    child.stderr?.on('data', (bytes) => output.push(bytes));
    const end = (code) => resolve({ code, output: Buffer.concat(output).toString() });
    child.on('error', (error) => {
      output.push(Buffer.from(`${command}: ${error.message}\n`));
      if (!quiet) process.stderr.write(`${command}: ${error.message}\n`);
      end(127);
    });
    child.on('close', (code) => end(code ?? 1));
  });
}

/** A third of the processor's time while others want all of it: less, and on a busy machine it would never come to an end. */
const patience = 5;

function letOthersGoFirst(pid) {
  try {
    setPriority(pid, patience);
  } catch {
    // It has ended already.
  }
}

/** `work` gives `passed`, `failed` and, if it was quiet, `output`, which is shown under the part's name. */
export async function part(name, work, { quiet = false } = {}) {
  const started = Date.now();
  if (!quiet) process.stdout.write(`\n== ${name}\n`);
  const { output = '', ...counts } = await work();
  if (quiet) process.stdout.write(`\n== ${name}\n${output}`);
  parts.push({ name, minutes: (Date.now() - started) / 60_000, ...counts });
}

/** Does `work` with every item, at most `width` at a time, in order. */
export async function sideBySide(width, items, work) {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** Minutes of each part, then one closing line that machines can read. Gives whether all is well. */
export function closeParts(startedAt) {
  process.stdout.write('\n');
  let passed = 0;
  let failed = 0;
  for (const { name, minutes, ...counts } of parts) {
    passed += counts.passed;
    failed += counts.failed;
    const found = `${counts.passed} passed, ${counts.failed} failed`;
    process.stdout.write(`${minutes.toFixed(1).padStart(5)} min  ${name}: ${found}\n`);
  }
  const minutes = (Date.now() - startedAt) / 60_000;
  process.stdout.write(`${minutes.toFixed(1).padStart(5)} min  in all\n`);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 && passed > 0;
}
