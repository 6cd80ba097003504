import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Cleanups } from '../stack/site.js';
import { resultTable } from './result.js';
import { runChaos } from './run-chaos.js';

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('a number above 0 is wanted');
}

interface Options {
  readonly minutes: number;
  readonly seed: string;
  readonly nodes: number;
  readonly keep?: string;
  readonly output: 'table' | 'json';
}

async function chaos(options: Options): Promise<void> {
  const cleanups = new Cleanups();
  const { keep } = options;
  const folder = keep ?? (await mkdtemp(join(tmpdir(), 'faultline-chaos-')));
  if (keep === undefined) cleanups.add(() => rm(folder, { recursive: true, force: true }));
  const began = Date.now();
  const tell = (line: string): void => {
    const second = ((Date.now() - began) / 1_000).toFixed(0).padStart(4);
    process.stderr.write(`${second} s  ${line}\n`);
  };
  try {
    const result = await runChaos(cleanups, { ...options, folder, tell });
    const text = options.output === 'json' ? JSON.stringify(result, null, 2) : resultTable(result);
    process.stdout.write(`${text}\n`);
    if (result.problems.length > 0) process.exitCode = 1;
  } finally {
    await cleanups.run();
  }
}

// Whoever ends the run ends the stack with it: what it started is killed when it exits, and a signal is no exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const program = new Command('chaos')
  .description('kills and cuts everything that Faultline runs on while faults come in, then has it counted')
  .option('--minutes <number>', 'how long', positive, 10)
  .option('--seed <text>', 'one seed gives one plan', '1')
  .option('--nodes <number>', 'machines of the cluster', positive, 200)
  .option('--keep <folder>', 'keep logs and data there')
  .addOption(
    new Option('-o, --output <form>', 'form of the result').choices(['table', 'json']).default('table'),
  )
  .action(chaos);
try {
  await program.parseAsync();
} catch (problem) {
  process.stderr.write(
    `chaos: ${problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)}\n`,
  );
  process.exitCode = 1;
}
// KafkaJS leaves timers behind; nothing here waits for anything any more.
process.exit();
