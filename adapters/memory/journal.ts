import { FreshCommands } from '../journal/fresh-commands.js';
import {
  JournalMismatch,
  type JournalOptions,
  type OpenJournal,
  type OpenWebhooks,
} from '../journal/options.js';
import { installationIdOf } from '../journal/installation-id.js';
import { MemoryFactArchive } from './journal/archive.js';
import { MemoryJournal } from './journal/advance.js';
import { MemoryChangeBook } from './journal/change-book.js';
import { MemoryCommandQueue } from './journal/commands.js';
import { MemoryDeadLetters } from './journal/dead-letters.js';
import { MemoryDuty } from './journal/duty.js';
import { MemoryHistory } from './journal/history.js';
import { MemoryGuardBook } from './journal/guard-book.js';
import { MemoryGuardHistory } from './journal/guard-history.js';
import { MemoryPauseNews } from './journal/pause-news.js';
import { MemoryGuardPolicies } from './journal/guard-policies.js';
import { MemoryFleetInventory } from './journal/inventory.js';
import { MemoryOutbox } from './journal/outbox.js';
import { MemoryPositions } from './journal/positions.js';
import { MemoryStore } from './journal/store.js';
import { MemoryTimers } from './journal/timers.js';
import { MemoryUpkeep } from './journal/upkeep.js';
import { MemoryWebhookDeliveries } from './journal/webhook-deliveries.js';
import { MemoryWebhookDesk } from './journal/webhook-desk.js';

/** Makes the store that handles of one simulated installation share. */
export function createMemoryStore(
  options: Pick<JournalOptions, 'partitionCount' | 'outboxPartitions' | 'randomness'>,
): MemoryStore {
  return new MemoryStore({ ...options, installationId: installationIdOf(options.randomness) });
}

/**
 * The journal in memory, for simulation and tests: same promises as the one on PostgreSQL, but deterministic. No call
 * does anything later than in its own step; waits end by what another call does, never by time.
 *
 * @param store shared with other handles, as several copies share a database; a store of its own otherwise
 */
export function createMemoryJournal(
  options: JournalOptions,
  store: MemoryStore = createMemoryStore(options),
): OpenJournal & OpenWebhooks {
  if (
    store.partitionCount !== options.partitionCount ||
    store.outboxPartitions !== options.outboxPartitions
  ) {
    throw new JournalMismatch(
      `the journal has ${store.partitionCount} partitions and ${store.outboxPartitions} outbox partitions, not ${options.partitionCount} and ${options.outboxPartitions}: configure what it was made with`,
    );
  }
  const fresh = new FreshCommands();
  const outbox = new MemoryOutbox(store, options);
  const webhooks = new MemoryWebhookDeliveries(store.webhooks);
  const archiving = new MemoryDuty(store.archiving);
  const nodeStates = new MemoryDuty(store.nodeStates);
  return {
    journal: new MemoryJournal(store, options, fresh),
    commands: new MemoryCommandQueue(store, options, fresh),
    timers: new MemoryTimers(store, options),
    outbox,
    history: new MemoryHistory(store, options.archiveFiles),
    inventory: new MemoryFleetInventory(store),
    upkeep: new MemoryUpkeep(store, options),
    deadLetters: new MemoryDeadLetters(store),
    positions: new MemoryPositions(store),
    archive: new MemoryFactArchive(store),
    archiving,
    nodeStates,
    changeBook: new MemoryChangeBook(store, options),
    guardBook: new MemoryGuardBook(store),
    pauseNews: new MemoryPauseNews(store, options),
    guardHistory: new MemoryGuardHistory(store),
    guardPolicies: new MemoryGuardPolicies(store),
    webhooks,
    webhookDesk: new MemoryWebhookDesk(store.webhooks),
    close: async () => {
      webhooks.releaseAll();
      await archiving.release();
      await nodeStates.release();
      await outbox.releaseAll();
    },
  };
}
