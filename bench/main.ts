import { Command, InvalidArgumentError, Option } from 'commander';
import type { BenchResult } from './bench-result.js';
import { eventPartNames, measureEvents, type EventsOptions } from './events.js';
import { measureGuard, type GuardOptions } from './guard.js';
import { measurePipeline, partNames, type PipelineOptions } from './pipeline.js';
import { resultTable } from './result-table.js';
import { measureSoak } from './soak.js';

type Form = 'table' | 'json';

/** What every benchmark takes. */
interface Shown {
  readonly strict?: true;
  readonly output: Form;
}

const output = (): Option =>
  new Option('-o, --output <form>', 'form of the result').choices(['table', 'json']).default('table');
const strictOption = (): Option => new Option('--strict', 'exit with 1 when a target is not met');
const profiles = (): Option =>
  new Option('--profiles <folder>', 'write a CPU profile of each process of Faultline');

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('a number above 0 is wanted');
}

function partsOf<Name extends string>(names: readonly Name[]): (text: string) => readonly Name[] {
  return (text) =>
    text.split(',').map((name) => {
      const known = names.find((part) => part === name);
      if (known === undefined) throw new InvalidArgumentError(`parts are ${names.join(', ')}`);
      return known;
    });
}

function show(result: BenchResult, { output: form, strict }: Shown): void {
  const text = form === 'json' ? JSON.stringify(result, null, 2) : resultTable(result);
  process.stdout.write(`${text}\n`);
  if (strict === true && !result.met) process.exitCode = 1;
}

const program = new Command('bench').description(
  'What Faultline reaches on the real stack, beside the floor.',
);

program
  .command('pipeline')
  .description('report to cordon, a fleet isolated at once, and ten thousand reports a second')
  .option('--parts <names>', `of ${partNames.join(',')}`, partsOf(partNames), partNames)
  .option('--pairs <number>', 'samples of report to cordon, each with its floor', positive, 100)
  .option('--rounds <number>', 'how often the fleet is isolated', positive, 3)
  .option('--seconds <number>', 'how long reports are sent', positive, 60)
  .option('--per-second <number>', 'reports a second', positive, 10_000)
  .option('--partitions <number>', 'partitions of each topic', positive, 4)
  .addOption(profiles())
  .addOption(strictOption())
  .addOption(output())
  .action(async (options: Shown & PipelineOptions) => {
    show(await measurePipeline(options), options);
  });

program
  .command('events')
  .description('the relay, events to a file, events republished, and a thousand subscribers by HTTP')
  .option('--parts <names>', `of ${eventPartNames.join(',')}`, partsOf(eventPartNames), eventPartNames)
  .option('--facts <number>', 'facts in the journal', positive, 300_000)
  .option('--entries <number>', 'entries in the outbox', positive, 60_000)
  .option('--subscribers <number>', 'streams at the same time', positive, 1_000)
  .option('--seconds <number>', 'how long events are published', positive, 20)
  .option('--partitions <number>', 'partitions of each topic', positive, 4)
  .addOption(profiles())
  .addOption(strictOption())
  .addOption(output())
  .action(async (options: Shown & EventsOptions) => {
    show(await measureEvents(options), options);
  });

program
  .command('guard')
  .description('leave to begin: one claim among many that wait, and as many as there are')
  .option('--nodes <number>', 'nodes of the cluster', positive, 100_000)
  .option('--waiting <number>', 'commands that wait for leave', positive, 1_000)
  .option('--seconds <number>', 'how long claims come at a steady pace', positive, 20)
  .option('--claims <number>', 'claims as fast as they go', positive, 10_000)
  .addOption(strictOption())
  .addOption(output())
  .action(async (options: Shown & GuardOptions) => {
    show(await measureGuard(options), options);
  });

program
  .command('soak')
  .description('the same load for a long time: memory and connections have to stay flat')
  .option('--minutes <number>', 'how long', positive, 30)
  .option('--per-second <number>', 'reports a second', positive, 1_000)
  .option('--partitions <number>', 'partitions of each topic', positive, 4)
  .addOption(strictOption())
  .addOption(output())
  .action(
    async (
      options: Shown & {
        minutes: number;
        perSecond: number;
        partitions: number;
      },
    ) => {
      show(await measureSoak(options), options);
    },
  );

// Whoever ends the benchmark ends the stack with it: what it started is killed when it exits, and a signal is no exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  await program.parseAsync();
} catch (problem) {
  process.stderr.write(
    `bench: ${problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)}\n`,
  );
  process.exitCode = 1;
}
// KafkaJS leaves timers behind; nothing here waits for anything any more.
process.exit();
