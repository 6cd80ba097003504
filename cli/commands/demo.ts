import { join } from 'node:path';

import { Command, Option } from 'commander';

import type { DemoResult } from '../composition/demo/result.js';
import { CommandFailed } from '../errors.js';
import { printDocument, type OutputFormat } from '../output/print.js';
import { packageRoot } from '../../schemas/package-root.js';
import type { Terminal } from '../terminal.js';
import { logLevelOption, outputOption, portNumber, positiveNumber, wholeNumber } from './common.js';

interface DemoFlags {
  readonly record: string;
  readonly nodes: number;
  readonly days?: number;
  readonly speed: number;
  readonly seed: string;
  readonly stack: boolean;
  readonly port: number;
  readonly exit: boolean;
  readonly output: OutputFormat;
  readonly logLevel: string;
}

function summaryOf(result: DemoResult): string {
  const { rows, rowsByFate, processes, outcomes, effects, timeToCordonMs, timeToRecoverMinutes } = result;
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return [
    `rows          ${rows}: ${counts(rowsByFate)}`,
    `processes     ${processes.started} started, ${processes.ended} ended: ${counts(outcomes)}`,
    `effects       ${counts(effects)}`,
    `to cordon     p50 ${timeToCordonMs.p50} ms, p95 ${timeToCordonMs.p95} ms, p99 ${timeToCordonMs.p99} ms (wall time)`,
    `to recover    p50 ${timeToRecoverMinutes.p50} min, p95 ${timeToRecoverMinutes.p95} min (the record's time)`,
    `unaccounted   ${result.unaccountedReports} reports; isolated or cordoned without a process: ${result.cordonedLeft}`,
    '',
  ].join('\n');
}

function speedOption(): Option {
  return new Option('--speed <x>', 'at most so many seconds of the record in one second')
    .argParser(positiveNumber)
    .default(Infinity, 'as fast as it goes');
}

export function demoCommand(terminal: Terminal): Command {
  const watch = new Command('demo');
  return watch
    .description('play a real failure record on a simulated data centre and watch Faultline handle it')
    .option('--record <file>', 'failure record (CSV)', join(packageRoot(), 'data/lanl/system-18.csv'))
    .option('--nodes <n>', 'machines', wholeNumber, 1024)
    .option('--days <n>', 'only so many days of the record', positiveNumber)
    .addOption(speedOption())
    .option('--seed <text>', 'chance of the simulated world', '1')
    .option('--stack', 'on Kafka, PostgreSQL and a Kubernetes API server of its own (from a clone)', false)
    .option('--port <n>', 'of the API; 0: a free one', portNumber, 0)
    .option('--exit', 'end with the result instead of staying with the API', false)
    .addOption(logLevelOption('error'))
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action(async (options: DemoFlags) => {
      const { record, nodes, days, speed, seed, stack, port, exit, output, logLevel } = options;
      const { runDemo } = await import('../composition/demo.js');
      const result = await runDemo({
        record,
        nodes,
        ...(days === undefined ? {} : { days }),
        speed,
        seed,
        stack,
        port,
        exit,
        logLevel,
        environment: terminal.environment,
        narrate: (line) => {
          terminal.err(`${line}\n`);
        },
        onListening: (url) => {
          terminal.err(`the API listens on ${url} (try: faultline get processes)\n`);
        },
        onResult: (done) => {
          if (output === 'table') terminal.out(summaryOf(done));
          else printDocument(terminal, output, done);
        },
        interrupted: terminal.interrupted,
      });
      if (result.unaccountedReports > 0) {
        throw new CommandFailed('ChecksFailed', `${result.unaccountedReports} reports have no fate`);
      }
    });
}
