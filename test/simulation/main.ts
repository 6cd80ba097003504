import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeFailure } from '../../simulation/schedules/describe-failure.js';
import { withoutRealTime } from '../../simulation/schedules/forbidden.js';
import { run } from '../../simulation/schedules/run.js';
import { listedDeviations } from '../../simulation/scheduler/deviations.js';
import { shrink, type Schedule } from '../../simulation/schedules/shrink.js';
import { NoSchedule, readSchedule, writtenSchedule } from '../../simulation/schedules/stored-schedule.js';
import { playSeed, trySeeds, type Failure, type Tally } from '../../simulation/schedules/try-seeds.js';
import { oneOf, readOptions, runCommand, Usage, wholeNumber } from './command-line.js';
import { compareSeeds, describeComparison, type Compared } from './on-postgresql/compare-seeds.js';

const usage = `npm run simulate -- [--schedules N] [--seconds S] [--seed N | --schedule FILE] [--trace | --on-postgresql] [-o json]
  --schedules  how many seeds are played (default 1000)
  --seconds    stop after this time; Ctrl-C stops after the schedule that is played
  --seed       the first seed (default 1); each schedule has the next
  --schedule   plays the schedule in a file instead: where one was shrunk, the failure says where it was written
  --shrink     how often a failing schedule is run again to make it smaller (default 300; 0: not at all)
  --failures   stop after so many (default 5)
  --trace      prints every step of the first seed, or of the schedule, and nothing else
  --on-postgresql  does what the parts did to their journal again on PostgreSQL: every answer, and all that is stored
               in the end, has to be the same
  -o json      the result as one JSON object on stdout
Exit code 0: every promise was kept; 1: one was not; 2: the call is wrong.`;

const begun = performance.now();
const elapsed = (): number => (performance.now() - begun) / 1000;

function printTrace({ lines, hash, violation }: Awaited<ReturnType<typeof run>>): number {
  process.stdout.write(`${lines.join('\n')}\ntrace ${hash}\n`);
  return violation === undefined ? 0 : 1;
}

/** One line per ten seconds: whoever waits sees that it goes on. */
function progress(): (seed: number) => void {
  let saidAt = 0;
  return (seed) => {
    if (elapsed() - saidAt < 10) return;
    saidAt = elapsed();
    process.stderr.write(`seed ${seed}, ${Math.round(saidAt)} s\n`);
  };
}

/** Where the shrunk schedule was written; undefined: nothing was shrunk. */
function written({ seed, shrunk }: Failure): string | undefined {
  if (shrunk === undefined) return undefined;
  const folder = join(tmpdir(), 'faultline-schedules');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `seed-${seed}.json`);
  writeFileSync(file, writtenSchedule(shrunk));
  return file;
}

function tell(failure: Failure): void {
  process.stderr.write(`${describeFailure(failure, written(failure))}\n\n`);
}

function print(tally: Tally, firstSeed: number, asJson: boolean): number {
  const seconds = elapsed();
  const perSecond = { schedules: tally.schedules / seconds, steps: tally.steps / seconds };
  if (asJson) {
    const failures = tally.failures.map(({ seed, violation }) => ({ seed, ...violation }));
    process.stdout.write(`${JSON.stringify({ firstSeed, ...tally, failures, seconds, perSecond })}\n`);
  } else {
    process.stdout.write(
      `${tally.schedules} schedules, ${tally.steps} steps, ${tally.virtualHours} virtual hours in ${seconds.toFixed(1)} s ` +
        `(${perSecond.schedules.toFixed(1)} schedules and ${Math.round(perSecond.steps)} steps a second): ` +
        `${tally.failures.length} failed\n`,
    );
  }
  return tally.failures.length === 0 ? 0 : 1;
}

function printCompared(compared: Compared, firstSeed: number, asJson: boolean): number {
  for (const comparison of compared.different) process.stderr.write(`${describeComparison(comparison)}\n\n`);
  const { schedules, calls, facts, different } = compared;
  process.stdout.write(
    asJson
      ? `${JSON.stringify({ firstSeed, ...compared, seconds: elapsed() })}\n`
      : `${schedules} schedules, ${calls} calls, ${facts} facts in ${elapsed().toFixed(1)} s: ` +
          `${different.length} differ on PostgreSQL\n`,
  );
  return different.length === 0 ? 0 : 1;
}

/** Throws Usage where there is no schedule in the file. */
function scheduleIn(file: string): Schedule {
  try {
    return readSchedule(readFileSync(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof NoSchedule) && !(error instanceof Error && 'code' in error)) throw error;
    throw new Usage(`--schedule takes a file that a failure was written to, not ${file}: ${error.message}`);
  }
}

async function playStored(schedule: Schedule, { trace, shrinkRuns }: { trace: boolean; shrinkRuns: number }) {
  const { seed, script } = schedule;
  const deviations = listedDeviations(schedule.deviations);
  const result = await withoutRealTime(() => run({ seed, script, deviations, keepTrace: trace }));
  if (trace) return printTrace(result);
  const { violation } = result;
  if (violation === undefined) {
    process.stdout.write(`the schedule, ${result.steps} steps, keeps every promise\n`);
    return 0;
  }
  const shrunk = shrinkRuns > 0 ? await shrink(schedule, violation, shrinkRuns) : schedule;
  tell({ seed, violation, shrunk });
  return 1;
}

async function main(): Promise<number> {
  const values = readOptions('npm run simulate', process.argv.slice(2), {
    schedules: { type: 'string', default: '1000' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    schedule: { type: 'string' },
    failures: { type: 'string', default: '5' },
    shrink: { type: 'string', default: '300' },
    trace: { type: 'boolean', default: false },
    'on-postgresql': { type: 'boolean', default: false },
    output: { type: 'string', short: 'o', default: 'text' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const firstSeed = wholeNumber('seed', values.seed, 0);
  const schedules = wholeNumber('schedules', values.schedules);
  const limit = values.seconds === undefined ? Infinity : wholeNumber('seconds', values.seconds);
  const shrinkRuns = wholeNumber('shrink', values.shrink, 0);
  const mostFailures = wholeNumber('failures', values.failures);
  const asJson = oneOf('output', values.output, ['text', 'json']) === 'json';
  if (values.schedule !== undefined)
    return playStored(scheduleIn(values.schedule), { trace: values.trace, shrinkRuns });
  if (values.trace)
    return printTrace((await withoutRealTime(() => playSeed(firstSeed, { keepTrace: true }))).result);
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    interrupted.abort();
  });
  const wanted = { firstSeed, schedules, goOn: () => elapsed() < limit && !interrupted.signal.aborted };
  if (values['on-postgresql'])
    return printCompared(await compareSeeds({ ...wanted, onSeed: progress() }), firstSeed, asJson);
  const tally = await trySeeds({
    ...wanted,
    onSchedule: progress(),
    onFailure: tell,
    shrinkRuns,
    mostFailures,
  });
  return print(tally, firstSeed, asJson);
}

await runCommand(main);
