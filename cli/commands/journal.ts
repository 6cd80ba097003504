import { Command } from 'commander';

import { systemClock, systemRandomness } from '../../adapters/clock/system-clock.js';
import { withJournal } from '../composition/connections.js';
import { createLog } from '../composition/run.js';
import { loadConfiguration } from '../configuration/load.js';
import { printDocument } from '../output/print.js';
import type { Terminal } from '../terminal.js';
import { outputOption, type OutputOptions } from './common.js';

interface NewLogEpochOptions extends Pick<OutputOptions, 'output'> {
  readonly config: string;
  readonly reason: string;
}

async function startLogEpoch(terminal: Terminal, options: NewLogEpochOptions): Promise<void> {
  const { config, reason, output } = options;
  const { environment } = terminal;
  const surroundings = {
    clock: systemClock,
    randomness: systemRandomness,
    log: createLog('warn'),
    environment,
  };
  const subject = `unauthenticated:${environment['USER'] ?? 'local'}`;
  const logEpoch = await withJournal(loadConfiguration(config), surroundings, (journal) =>
    journal.upkeep.startLogEpoch({ subject, reason }),
  );
  const document = { apiVersion: 'faultline.dev/v1', kind: 'LogEpoch', logEpoch, subject, reason };
  if (output === 'table') terminal.out(`log epoch ${logEpoch}: every topic is read from its beginning\n`);
  else printDocument(terminal, output === 'yaml' ? 'yaml' : 'json', document);
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
  return new Command('journal').description('the journal as a whole').addCommand(newLogEpoch);
}
