import { Command } from 'commander';

import type { OpenJournal } from '../../adapters/journal/options.js';
import type { Terminal } from '../terminal.js';
import { configurationAndSurroundings, printResult, subjectOf } from './backup.js';
import { outputOption, type OutputOptions } from './common.js';

interface NewEpochOptions extends Pick<OutputOptions, 'output'> {
  readonly config: string;
}

interface NewLogEpochOptions extends NewEpochOptions {
  readonly reason: string;
}

async function withJournalOf<Result>(
  terminal: Terminal,
  config: string,
  work: (journal: OpenJournal) => Promise<Result>,
): Promise<Result> {
  const { withJournal } = await import('../composition/journal-connection.js');
  return withJournal(...(await configurationAndSurroundings(terminal, config)), work);
}

async function startEpoch(terminal: Terminal, { config, output }: NewEpochOptions): Promise<void> {
  const { epoch } = await withJournalOf(terminal, config, ({ upkeep }) => upkeep.startEpoch());
  const document = { apiVersion: 'faultline.dev/v1', kind: 'JournalEpoch', epoch };
  printResult(terminal, output, { line: `epoch ${epoch} begins paused: all is observed first`, document });
}

async function startLogEpoch(terminal: Terminal, options: NewLogEpochOptions): Promise<void> {
  const { config, reason, output } = options;
  const subject = subjectOf(terminal);
  const logEpoch = await withJournalOf(terminal, config, ({ upkeep }) =>
    upkeep.startLogEpoch({ subject, reason }),
  );
  const document = { apiVersion: 'faultline.dev/v1', kind: 'LogEpoch', logEpoch, subject, reason };
  printResult(terminal, output, {
    line: `log epoch ${logEpoch}: every topic is read from its beginning`,
    document,
  });
}

/** What an operator does to the journal as a whole, with no Faultline running. */
export function journalCommand(terminal: Terminal): Command {
  const newLogEpoch = new Command('new-log-epoch')
    .description(
      'go on with an event log that is not the one read so far, after it was replaced or lost its end: all topics are read from their beginning, what was decided stays decided, and all nodes are observed anew; stop every copy first',
    )
    .requiredOption('--reason <text>', 'stands in the journal')
    .option('-c, --config <file>', 'configuration', 'faultline.yaml')
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action((options: NewLogEpochOptions) => startLogEpoch(terminal, options));
  const newEpoch = new Command('new-epoch')
    .description(
      'go on with a journal that was restored from a copy (a snapshot, a recovery to a point in time): what was done after the copy was made is not in it, so every cluster and open command is observed before anything is done; a restored dump is noticed without this; stop every copy first',
    )
    .option('-c, --config <file>', 'configuration', 'faultline.yaml')
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action((options: NewEpochOptions) => startEpoch(terminal, options));
  return new Command('journal')
    .description('the journal as a whole')
    .addCommand(newLogEpoch)
    .addCommand(newEpoch);
}
