import { openJournalReader, type JournalReader } from '../../adapters/postgres/journal-reader.js';
import type { Configuration } from '../configuration/configuration.js';
import { dependency } from './dependency.js';
import { connectionStringOf, journalOf } from './journal-connection.js';
import type { Environment } from './surroundings.js';

/** Opens the configured journal for reading alone, beside whoever works on it; an embedded one has to be at rest. */
export async function withHistory<Result>(
  configuration: Configuration,
  environment: Environment,
  work: (reader: JournalReader) => Promise<Result>,
): Promise<Result> {
  const closers: (() => Promise<void>)[] = [];
  try {
    const connectionString = await connectionStringOf(configuration, environment, (close) =>
      closers.unshift(close),
    );
    const reader = await dependency(journalOf(configuration, connectionString), () =>
      openJournalReader(connectionString),
    );
    closers.unshift(() => reader.close());
    return await work(reader);
  } finally {
    for (const close of closers) await close();
  }
}
