import { FreshCommands } from '../journal/fresh-commands.js';
import type { JournalOptions, OpenJournal, OpenWebhooks } from '../journal/options.js';
import { PostgresChangeBook } from './journal/change-book.js';
import { PostgresCommandQueue } from './journal/commands.js';
import type { JournalContext } from './journal/context.js';
import { PostgresDeadLetters } from './journal/dead-letters.js';
import { connectionSettings, Database } from './journal/database.js';
import { asJournalError } from './journal/failures.js';
import { PostgresFactArchive } from './journal/fact-archive.js';
import { PostgresGuardBook } from './journal/guard-book.js';
import { PostgresGuardHistory } from './journal/guard-history.js';
import { PostgresPauseNews } from './journal/pause-news.js';
import { PostgresGuardPolicies } from './journal/guard-policies.js';
import { PostgresHistory } from './journal/history.js';
import { prepareInstallation } from './journal/installation.js';
import { PostgresFleetInventory } from './journal/inventory.js';
import { noticeRestoredDatabase } from './journal/new-epoch.js';
import { Notices } from './journal/notices.js';
import { PostgresOutbox } from './journal/outbox.js';
import { PostgresPositions } from './journal/positions.js';
import { PostgresJournal } from './journal/postgres-journal.js';
import { SessionDuty } from './journal/session-duty.js';
import { lockClasses, SessionLocks } from './journal/session-locks.js';
import { PostgresTimers } from './journal/timers.js';
import { PostgresUpkeep } from './journal/upkeep.js';
import { PostgresWebhookDeliveries } from './journal/webhook-deliveries.js';
import { PostgresWebhookDesk } from './journal/webhook-desk.js';
import { migrate, migrationsFolder } from './migrate.js';

export interface PostgresJournalOptions extends JournalOptions {
  readonly connectionString: string;
  /** A login that is a member of faultline_reader only. Default: the same login, with that role set. */
  readonly readerConnectionString?: string;
  /** Connections for decisions and commands; history, notices and locks take up to 7 more. Default 16. */
  readonly connections?: number;
  /** No other process uses this journal: then nobody has to be told of commits. */
  readonly alone?: boolean;
}

/**
 * Opens the journal on PostgreSQL 18 and brings its schema up to date. Rejects with JournalUnavailable when the
 * database can't be reached, MigrationRefused when its schema can't be used, JournalMismatch when it was made for
 * another partition count.
 */
export async function openPostgresJournal(
  options: PostgresJournalOptions,
): Promise<OpenJournal & OpenWebhooks> {
  const { connectionString, readerConnectionString, connections = 16, alone = false } = options;
  const settings = (name: string): ReturnType<typeof connectionSettings> =>
    connectionSettings({ connectionString, name });
  const database = new Database(settings('journal'), connections);
  const reading = new Database(
    readerConnectionString === undefined
      ? connectionSettings({ connectionString, name: 'history', session: ['role=faultline_reader'] })
      : connectionSettings({ connectionString: readerConnectionString, name: 'history' }),
    2,
  );
  const notices = new Notices(alone ? undefined : settings('notices'), options.outboxPartitions);
  const locks = new SessionLocks(settings('outbox'), lockClasses.outboxPartition);
  const webhookLocks = new SessionLocks(settings('webhooks'), lockClasses.webhookSubscriber);
  const archiveLocks = new SessionLocks(settings('archive'), lockClasses.archive);
  const nodeStateLocks = new SessionLocks(settings('node-states'), lockClasses.nodeStates);
  const context: JournalContext = { database, notices, fresh: new FreshCommands(), options };
  const close = async (): Promise<void> => {
    await Promise.all([
      notices.close(),
      locks.close(),
      webhookLocks.close(),
      archiveLocks.close(),
      nodeStateLocks.close(),
      database.close(),
      reading.close(),
    ]);
  };
  try {
    await migrate(database.pool, migrationsFolder('journal'));
    await prepareInstallation(database, options);
    if (await noticeRestoredDatabase(database)) options.onRestored?.();
    await notices.listen();
  } catch (error) {
    await close();
    throw asJournalError(error);
  }
  return {
    journal: new PostgresJournal(context),
    commands: new PostgresCommandQueue(context),
    timers: new PostgresTimers(context),
    outbox: new PostgresOutbox(context, locks),
    history: new PostgresHistory(reading, options.archiveFiles),
    inventory: new PostgresFleetInventory(database, () => {
      notices.committed(['command']);
    }),
    upkeep: new PostgresUpkeep(context),
    deadLetters: new PostgresDeadLetters(context),
    positions: new PostgresPositions(database),
    archive: new PostgresFactArchive(database),
    archiving: new SessionDuty(archiveLocks),
    nodeStates: new SessionDuty(nodeStateLocks),
    changeBook: new PostgresChangeBook(context),
    guardBook: new PostgresGuardBook(database),
    pauseNews: new PostgresPauseNews(context),
    guardHistory: new PostgresGuardHistory(reading),
    guardPolicies: new PostgresGuardPolicies(database),
    webhooks: new PostgresWebhookDeliveries(database, webhookLocks),
    webhookDesk: new PostgresWebhookDesk(database),
    close,
  };
}
