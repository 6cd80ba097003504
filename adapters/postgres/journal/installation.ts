import { installationIdOf } from '../../journal/installation-id.js';
import { JournalMismatch, type JournalOptions } from '../../journal/options.js';
import type { Installation } from '../../ports/journal.js';
import type { Database } from './database.js';

interface InstallationRow extends Installation {
  readonly partition_count: number;
  readonly outbox_partitions: number;
}

/**
 * Makes the installation when the database is new: it starts paused, in its first epoch. Else checks that it was made
 * for what is configured; throws JournalMismatch.
 */
export async function prepareInstallation(database: Database, options: JournalOptions): Promise<void> {
  await database.query({
    text: `INSERT INTO journal.installation (id, epoch, paused, partition_count, outbox_partitions)
      VALUES ($1, 1, true, $2, $3) ON CONFLICT DO NOTHING`,
    values: [installationIdOf(options.randomness), options.partitionCount, options.outboxPartitions],
  });
  const stored = await readRow(database);
  if (stored.partition_count !== options.partitionCount) {
    throw new JournalMismatch(
      `the journal was made for ${stored.partition_count} partitions, but ${options.partitionCount} are configured: another count would mix up the order per node; set it back`,
    );
  }
  if (stored.outbox_partitions !== options.outboxPartitions) {
    throw new JournalMismatch(
      `the journal has ${stored.outbox_partitions} outbox partitions, but ${options.outboxPartitions} are configured: set it back`,
    );
  }
}

export async function readInstallation(database: Database): Promise<Installation> {
  const { id, epoch, paused } = await readRow(database);
  return { id, epoch, paused };
}

async function readRow(database: Database): Promise<InstallationRow> {
  const [row] = await database.query<InstallationRow>({
    text: 'SELECT id, epoch, paused, partition_count, outbox_partitions FROM journal.installation',
  });
  if (row === undefined) {
    throw new JournalMismatch('the journal has no installation: open it with openPostgresJournal');
  }
  return row;
}
