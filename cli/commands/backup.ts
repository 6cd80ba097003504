import { Command } from 'commander';

import { systemClock, systemRandomness } from '../../adapters/clock/system-clock.js';
import type { JournalSurroundings } from '../composition/journal-connection.js';
import type { Configuration } from '../configuration/configuration.js';
import { printDocument } from '../output/print.js';
import { packageVersion } from '../package-version.js';
import type { Terminal } from '../terminal.js';
import { outputOption, type OutputOptions } from './common.js';

interface BackupOptions extends Pick<OutputOptions, 'output'> {
  readonly config: string;
}

/** What commands on the journal itself are run with, while no Faultline runs. */
export async function configurationAndSurroundings(
  { environment }: Terminal,
  config: string,
): Promise<[Configuration, JournalSurroundings]> {
  const { loadConfiguration } = await import('../configuration/load.js');
  const configuration = loadConfiguration(config);
  const { createLog } = await import('../composition/run.js');
  const log = createLog('warn');
  return [configuration, { clock: systemClock, randomness: systemRandomness, log, environment }];
}

/** Who is at the terminal: nobody has to prove it there. */
export function subjectOf({ environment }: Terminal): string {
  return `unauthenticated:${environment['USER'] ?? 'local'}`;
}

/** Prints one line for people, or the document. */
export function printResult(
  terminal: Terminal,
  output: OutputOptions['output'],
  { line, document }: { readonly line: string; readonly document: object },
): void {
  if (output === 'table') terminal.out(`${line}\n`);
  else printDocument(terminal, output, document);
}

async function write(terminal: Terminal, file: string, { config, output }: BackupOptions): Promise<void> {
  const journal = await configurationAndSurroundings(terminal, config);
  const { exportInstallation } = await import('../composition/backup.js');
  const written = { file, version: packageVersion() };
  const { rows, sha256 } = await exportInstallation(...journal, written);
  const document = { apiVersion: 'faultline.dev/v1', kind: 'Backup', file, rows, sha256 };
  printResult(terminal, output, { line: `${file}: ${rows} rows`, document });
}

async function read(terminal: Terminal, file: string, { config, output }: BackupOptions): Promise<void> {
  const taken = { file, subject: subjectOf(terminal) };
  const journal = await configurationAndSurroundings(terminal, config);
  const { importInstallation } = await import('../composition/backup.js');
  const { restored, epoch } = await importInstallation(...journal, taken);
  const { head, rows, sha256, wasThere } = restored;
  const document = {
    apiVersion: 'faultline.dev/v1',
    kind: 'Restoration',
    file,
    rows,
    sha256,
    installation: head.installation.id,
    epoch,
    wasThere,
  };
  const line = wasThere
    ? `${file} was taken in before: nothing changed`
    : `installation ${head.installation.id}: ${rows} rows; epoch ${epoch} begins paused, and all is observed first`;
  printResult(terminal, output, { line, document });
}

export function exportCommand(terminal: Terminal): Command {
  return new Command('export')
    .description(
      'write the installation into a file: the journal, and the event log where it is embedded; a running installation is not disturbed (an embedded one has to be stopped)',
    )
    .argument('<file>', 'to be written (gzip); only its owner may read it')
    .option('-c, --config <file>', 'configuration', 'faultline.yaml')
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action((file: string, options: BackupOptions) => write(terminal, file, options));
}

export function importCommand(terminal: Terminal): Command {
  return new Command('import')
    .description(
      'take an exported file into a new, empty installation, with no Faultline running: a new epoch and log epoch begin, and everything is observed before anything is done; the same file a second time changes nothing',
    )
    .argument('<file>', 'written by `faultline export`, of this version or an older one')
    .option('-c, --config <file>', 'configuration', 'faultline.yaml')
    .addOption(outputOption(['table', 'json', 'yaml']))
    .action((file: string, options: BackupOptions) => read(terminal, file, options));
}
