import { Command } from 'commander';

import type { ArchiveFiles } from '../../adapters/ports/archive.js';
import type { JournalReader } from '../../adapters/postgres/journal-reader.js';
import { CommandFailed } from '../errors.js';
import type { Configuration } from '../configuration/configuration.js';
import type { Terminal } from '../terminal.js';
import { printResult } from './backup.js';
import { outputOption, type OutputOptions } from './common.js';

interface ArchiveOptions extends Pick<OutputOptions, 'output'> {
  readonly config: string;
}

interface OpenArchive {
  readonly configuration: Configuration;
  readonly reader: JournalReader;
  readonly files: Pick<ArchiveFiles, 'read' | 'check'> | undefined;
}

async function withArchive<Result>(
  { environment }: Terminal,
  config: string,
  work: (archive: OpenArchive) => Promise<Result>,
): Promise<Result> {
  const { loadConfiguration } = await import('../configuration/load.js');
  const { withHistory } = await import('../composition/journal-history.js');
  const { archiveFilesOf } = await import('../composition/journal-connection.js');
  const configuration = loadConfiguration(config);
  const { archiveFiles: files } = archiveFilesOf(configuration);
  return withHistory(configuration, environment, (reader) => work({ configuration, reader, files }));
}

function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

async function status(terminal: Terminal, { config, output }: ArchiveOptions): Promise<void> {
  const document = await withArchive(terminal, config, async ({ configuration, reader }) => {
    const recorded = await reader.archive.files();
    const finishedAt = await reader.archive.finishedAt();
    const { folder } = configuration.archive;
    return {
      apiVersion: 'faultline.dev/v1',
      kind: 'ArchiveStatus',
      ...(folder === undefined ? {} : { folder }),
      facts: recorded.reduce((sum, { facts }) => sum + facts, 0),
      ...(finishedAt === undefined ? {} : { finishedAt: instantOf(finishedAt) }),
      files: recorded.map(({ name, facts, length, sha256, firstNode, lastNode, archivedAt }) => ({
        ...{ name, facts, bytes: length, sha256, firstNode, lastNode },
        archivedAt: instantOf(archivedAt),
      })),
    };
  });
  const { folder = 'no archive.folder', facts, files, finishedAt = 'never' } = document;
  const line = `${folder}: ${facts} facts in ${files.length} files; last run: ${finishedAt}`;
  printResult(terminal, output, { line, document });
}

async function verify(terminal: Terminal, { config, output }: ArchiveOptions): Promise<void> {
  const { verifyArchive } = await import('../../services/verify-archive.js');
  const { noArchiveFolder } = await import('../../adapters/archive/no-folder.js');
  const found = await withArchive(terminal, config, ({ reader, files = noArchiveFolder }) =>
    verifyArchive(reader.archive, files),
  );
  const { facts, nodes, problems } = found;
  const lines = [
    `${found.files} files, ${facts} facts of ${nodes} nodes: ${problems.length} problems`,
    ...problems.map(({ file, problem }) => `${file}: ${problem}`),
  ];
  const document = { apiVersion: 'faultline.dev/v1', kind: 'ArchiveVerification', ...found };
  printResult(terminal, output, { line: lines.join('\n'), document });
  if (problems.length > 0)
    throw new CommandFailed('ChecksFailed', `${problems.length} problems in the archive`);
}

/** Facts of long ago that lie in files. */
export function archiveCommand(terminal: Terminal): Command {
  const sub = (
    name: string,
    description: string,
    run: (terminal: Terminal, options: ArchiveOptions) => Promise<void>,
  ): Command =>
    new Command(name)
      .description(description)
      .option('-c, --config <file>', 'configuration', 'faultline.yaml')
      .addOption(outputOption(['table', 'json', 'yaml']))
      .action((options: ArchiveOptions) => run(terminal, options));
  return new Command('archive')
    .description('facts of long ago that lie in files')
    .addCommand(sub('status', 'how many there are, in which files, and when the last run was', status))
    .addCommand(
      sub(
        'verify',
        'read all files: whether each is as it was written, and its facts give the states that the journal keeps; changes nothing',
        verify,
      ),
    );
}
