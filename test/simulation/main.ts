import { parseArgs } from 'node:util';
import { describeFailure } from '../../simulation/schedules/describe-failure.js';
import { withoutRealTime } from '../../simulation/schedules/forbidden.js';
import { playSeed, trySeeds, type Tally } from '../../simulation/schedules/try-seeds.js';
import { compareSeeds, describeComparison, type Compared } from './on-postgresql/compare-seeds.js';

const usage = `npm run simulate -- [--schedules N] [--seconds S] [--seed N] [--trace | --on-postgresql] [-o json]
  --schedules  how many seeds are played (default 1000)
  --seconds    stop after this time
  --seed       the first seed (default 1); each schedule has the next
  --shrink     how often a failing schedule is run again to make it smaller (default 300)
  --failures   stop after so many (default 5)
  --trace      prints every step of the first seed and nothing else
  --on-postgresql  does what the parts did to their journal again on PostgreSQL: every answer, and all that is stored
               in the end, has to be the same
  -o json      the result as one JSON object on stdout`;

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    failures: { type: 'string', default: '5' },
    shrink: { type: 'string', default: '300' },
    trace: { type: 'boolean', default: false },
    'on-postgresql': { type: 'boolean', default: false },
    output: { type: 'string', short: 'o', default: 'text' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const firstSeed = Number(values.seed);
const begun = performance.now();
const elapsed = (): number => (performance.now() - begun) / 1000;

async function printTrace(): Promise<void> {
  const { result } = await withoutRealTime(() => playSeed(firstSeed, { keepTrace: true }));
  process.stdout.write(`${result.lines.join('\n')}\ntrace ${result.hash}\n`);
  process.exitCode = result.violation === undefined ? 0 : 1;
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

function print(tally: Tally): void {
  const seconds = elapsed();
  const perSecond = { schedules: tally.schedules / seconds, steps: tally.steps / seconds };
  for (const failure of tally.failures) process.stderr.write(`${describeFailure(failure)}\n\n`);
  if (values.output === 'json') {
    const failures = tally.failures.map(({ seed, violation }) => ({ seed, ...violation }));
    process.stdout.write(`${JSON.stringify({ firstSeed, ...tally, failures, seconds, perSecond })}\n`);
  } else {
    process.stdout.write(
      `${tally.schedules} schedules, ${tally.steps} steps, ${tally.virtualHours} virtual hours in ${seconds.toFixed(1)} s ` +
        `(${perSecond.schedules.toFixed(1)} schedules and ${Math.round(perSecond.steps)} steps a second): ` +
        `${tally.failures.length} failed\n`,
    );
  }
  process.exitCode = tally.failures.length === 0 ? 0 : 1;
}

function printCompared(compared: Compared): void {
  for (const comparison of compared.different) process.stderr.write(`${describeComparison(comparison)}\n\n`);
  const { schedules, calls, facts, different } = compared;
  process.stdout.write(
    values.output === 'json'
      ? `${JSON.stringify({ firstSeed, ...compared, seconds: elapsed() })}\n`
      : `${schedules} schedules, ${calls} calls, ${facts} facts in ${elapsed().toFixed(1)} s: ` +
          `${different.length} differ on PostgreSQL\n`,
  );
  process.exitCode = different.length === 0 ? 0 : 1;
}

const limit = values.seconds === undefined ? Infinity : Number(values.seconds);
const wanted = { firstSeed, schedules: Number(values.schedules), goOn: () => elapsed() < limit };

if (values.help) process.stdout.write(`${usage}\n`);
else if (values.trace) await printTrace();
else if (values['on-postgresql']) printCompared(await compareSeeds({ ...wanted, onSeed: progress() }));
else {
  const tally = await trySeeds({
    ...wanted,
    onSchedule: progress(),
    shrinkRuns: Number(values.shrink),
    mostFailures: Number(values.failures),
  });
  print(tally);
}
