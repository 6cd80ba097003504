// The parts of `npm test`: what each found, and how long it took.
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { root } from './prepare.mjs';

const parts = [];

/** Only a shell tells what those it has waited for took of the processor, theirs included. The program itself has no descriptor 3. */
const andTellTimes = '"$@" 3>&-; code=$?; times >&3; exit $code';

/**
 * Runs a program; `quiet` keeps what it prints and gives it back instead, `patient` lets others go first. A program that
 * can't be started ended with 127, or 126. `cpuSeconds` is what it and all that it waited for took.
 */
export function execute(command, args, { env = process.env, quiet = false, patient = false } = {}) {
  return new Promise((resolve, reject) => {
    const output = [];
    const times = [];
    const pipe = quiet ? 'pipe' : 'inherit';
    const stdio = ['ignore', pipe, pipe, 'pipe'];
    const child = spawn('/bin/sh', ['-c', andTellTimes, 'sh', command, ...args], { cwd: root, env, stdio });
    if (patient && child.pid !== undefined) letOthersGoFirst(child.pid);
    child.stdout?.on('data', (bytes) => output.push(bytes));
    child.stderr?.on('data', (bytes) => output.push(bytes));
    child.stdio[3].on('data', (bytes) => times.push(bytes));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        code: code ?? 1,
        output: Buffer.concat(output).toString(),
        cpuSeconds: childrenSeconds(Buffer.concat(times).toString()),
      }),
    );
  });
}

/** The second line of `times`: user and system time of all children, as in `1m2.03s 0m4.50s`. */
function childrenSeconds(times) {
  const [, children = ''] = times.split('\n');
  const each = [...children.matchAll(/(\d+)m([\d.]+)s/g)];
  return each.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
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

/**
 * `work` gives `passed`, `failed`, `failures` (a line for each), `cpuSeconds` and, if it was quiet, `output`, which is shown
 * under the part's name.
 */
export async function part(name, work, { quiet = false } = {}) {
  const started = Date.now();
  if (!quiet) process.stdout.write(`\n== ${name}\n`);
  const { output = '', ...found } = await work();
  if (quiet) process.stdout.write(`\n== ${name}\n${output}`);
  parts.push({ name, minutes: (Date.now() - started) / 60_000, ...found });
}

/** Does `work` with every item, at most `width` at a time, in order. */
export async function sideBySide(width, items, work) {
  const waiting = [...items];
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** All that failed, in whichever part: of a log that was cut the end is what is left. */
function printFailures() {
  const all = parts.flatMap(({ name, failures }) => failures.map((failure) => `  ${name}: ${failure}\n`));
  if (all.length > 0) process.stdout.write(`\nfailed\n${all.join('')}`);
}

/** What failed, the minutes of each part, then one closing line that machines can read. Gives whether all is well. */
export function closeParts(startedAt) {
  printFailures();
  process.stdout.write('\n');
  const minutes = (Date.now() - startedAt) / 60_000;
  const all = { name: 'in all', minutes, cpuSeconds: 0, passed: 0, failed: 0 };
  for (const one of parts) {
    for (const key of ['cpuSeconds', 'passed', 'failed']) all[key] += one[key];
    printPart(one);
  }
  printPart(all);
  process.stdout.write(`${all.passed} passed, ${all.failed} failed\n`);
  return all.failed === 0 && all.passed > 0;
}

function printPart({ name, minutes, cpuSeconds, passed, failed }) {
  const took = `${minutes.toFixed(1).padStart(5)} min`;
  const processor = `${(cpuSeconds / 60).toFixed(1).padStart(5)} min of processor`;
  process.stdout.write(`${took} ${processor}  ${name}: ${passed} passed, ${failed} failed\n`);
}
