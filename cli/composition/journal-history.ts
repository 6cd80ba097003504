import { openJournalReader, type JournalReader } from '../../adapters/postgres/journal-reader.js';
import type { Configuration } from '../configuration/configuration.js';
import { dependency } from './dependency.js';
import { archiveFilesOf, journalOf, withDatabase } from './journal-connection.js';
import type { Environment } from './surroundings.js';

/** Opens the configured journal for reading alone, beside whoever works on it; an embedded one has to be at rest. */
export function withHistory<Result>(
  configuration: Configuration,
  environment: Environment,
  work: (reader: JournalReader) => Promise<Result>,
): Promise<Result> {
  return withDatabase(configuration, environment, async (connectionString, opened) => {
    const reader = await dependency(journalOf(configuration, connectionString), () =>
      openJournalReader(connectionString, archiveFilesOf(configuration).archiveFiles),
    );
    opened(() => reader.close());
    return work(reader);
  });
}
