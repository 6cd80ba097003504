import { randomUUID } from 'node:crypto';

import { Command, InvalidArgumentError } from 'commander';

import { CommandFailed } from '../errors.js';
import type { Terminal } from '../terminal.js';
import { configurationAndSurroundings, printResult } from './backup.js';
import { outputOption, type OutputOptions } from './common.js';
import { filtered, instant, wishOf, type FilterOptions } from './event-options.js';

interface RepublishOptions extends Pick<OutputOptions, 'output'>, FilterOptions {
  readonly config: string;
  readonly to: string;
  readonly from: string;
  readonly until: string;
  readonly run?: string;
  readonly after?: string;
}

async function republish(terminal: Terminal, options: RepublishOptions): Promise<void> {
  const { to, after, run = randomUUID() } = options;
  const [configuration, surroundings] = await configurationAndSurroundings(terminal, options.config);
  const { republishJournal } = await import('../composition/republish.js');
  const { spanOf } = await import('../read-journal-events.js');
  const wish = { ...wishOf(options), from: options.from, to: options.until };
  let shownAt = 0;
  const { events, last } = await republishJournal(configuration, surroundings, {
    to,
    run,
    ...(after === undefined ? {} : { after }),
    interrupted: terminal.interrupted,
    spanOf: (reader) => spanOf(reader, wish, configuration),
    onProgress: (progress) => {
      if (!process.stderr.isTTY || Date.now() - shownAt < 1_000) return;
      shownAt = Date.now();
      terminal.err(`${progress.events} events sent\n`);
    },
  });
  const document = {
    apiVersion: 'faultline.dev/v1',
    kind: 'Republication',
    topic: to,
    run,
    events,
    ...(last === undefined ? {} : { last }),
    complete: !terminal.interrupted.aborted,
  };
  printResult(terminal, options.output, { line: `${to}: ${events} events, run ${run}`, document });
  if (!terminal.interrupted.aborted) return;
  const rest = last ?? after;
  throw new CommandFailed(
    'TimedOut',
    'interrupted',
    rest === undefined
      ? 'nothing was sent'
      : `go on with: --run ${run} --after ${rest}, and the same filters`,
  );
}

/** A value of a header. */
function runId(text: string): string {
  if (!/^[\x21-\x7e]{1,128}$/.test(text))
    throw new InvalidArgumentError('at most 128 letters, digits and signs');
  return text;
}

/** What was published once, sent again for who wants the history in Kafka. */
export function republishCommand(terminal: Terminal): Command {
  return filtered(
    new Command('republish').description(
      'sends what was ever published once more, made again from the journal, to a topic of its own in Kafka; each record has its old id and bytes, and is marked with the run (ce_replay)',
    ),
  )
    .requiredOption('--to <topic>', 'where to; it has to be there, and must be none of Faultline’s own')
    .option('-c, --config <file>', 'configuration', 'faultline.yaml')
    .option(
      '--from <time>',
      'only what was decided since: beginning, or a time like 2026-01-31',
      instant,
      'beginning',
    )
    .option('--until <time>', 'only what was decided before: now, or a time', instant, 'now')
    .option('--run <id>', 'mark of all that is sent; a new UUID, if not given', runId)
    .option('--after <id>', 'of an interrupted run: the last event that it sent')
    .addOption(outputOption())
    .action((options: RepublishOptions) => republish(terminal, options));
}
