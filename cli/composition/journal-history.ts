import {
  JournalAbsent,
  openJournalReader,
  type JournalReader,
} from '../../adapters/postgres/journal-reader.js';
import type { Configuration } from '../configuration/configuration.js';
import { dependency } from './dependency.js';
import {
  archiveFilesOf,
  journalOf,
  noJournalAt,
  refuseToMakeDatabase,
  withDatabase,
} from './journal-connection.js';
import type { Environment } from './surroundings.js';

/**
 * Opens the configured journal for reading alone, beside whoever works on it; an embedded one has to be at rest. Rejects with
 * CommandFailed NotFound where there is none: reading makes nothing.
 */
export async function withHistory<Result>(
  configuration: Configuration,
  environment: Environment,
  work: (reader: JournalReader) => Promise<Result>,
): Promise<Result> {
  refuseToMakeDatabase(configuration);
  return withDatabase(configuration, environment, async (connectionString, opened) => {
    const journal = journalOf(configuration, connectionString);
    const reader = await dependency(journal, async () => {
      try {
        return await openJournalReader(connectionString, archiveFilesOf(configuration).archiveFiles);
      } catch (error) {
        if (error instanceof JournalAbsent) throw noJournalAt(journal.where, configuration);
        throw error;
      }
    });
    opened(() => reader.close());
    return work(reader);
  });
}
