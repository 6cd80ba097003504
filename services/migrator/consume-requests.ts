import type { Clock } from '../../adapters/ports/clock.js';
import type { Batch, EventLog, LogRecord, Subscription } from '../../adapters/ports/event-log.js';
import type { Journal } from '../../adapters/ports/journal.js';
import type { Log } from '../../adapters/ports/log.js';
import type { SchemaIds } from '../../adapters/ports/schema-ids.js';
import { replayHeader } from '../../schemas/cloud-events.js';
import { decodeEvent } from '../../schemas/codec.js';
import { eventToMigrationRequest } from '../../schemas/events/migration-requested.js';
import { EventUndecodable } from '../../schemas/undecodable.js';
import { beginningOf } from '../beginning.js';
import { openRecord } from '../open-record.js';
import type { MigrationRequest } from './migration-request.js';
import type { Migrator } from './migrator.js';

export interface RequestConsumerOptions {
  readonly eventLog: EventLog;
  /** Keeps how far this group has finished; a request that is not finished is given again. */
  readonly journal: Pick<Journal, 'startAt' | 'advance'>;
  readonly schemaIds: SchemaIds;
  readonly migrator: Migrator;
  readonly group: string;
  readonly clock: Clock;
  readonly log: Log;
}

async function requestOf(
  record: LogRecord,
  options: RequestConsumerOptions,
): Promise<MigrationRequest | undefined> {
  // It asks for what was done long ago.
  if (record.headers[replayHeader] !== undefined) return undefined;
  try {
    const { body, writer } = await openRecord(record, options.schemaIds);
    const request = eventToMigrationRequest(decodeEvent('MigrationRequested', body, writer));
    const { ce_id: eventId } = record.headers;
    const announcedAt = options.clock.fromLogTime(record.appendedAt);
    return { ...request, announcedAt, ...(eventId === undefined ? {} : { eventId }) };
  } catch (error) {
    if (!(error instanceof EventUndecodable)) throw error;
    const { topic, partition, offset } = record;
    options.log.warn(
      { topic, partition, offset: String(offset), error: error.message },
      'no migration request: left out',
    );
    return undefined;
  }
}

function no(): never {
  throw new TypeError('there is nothing to decide about migration requests');
}

/** Which requests of one partition are unfinished; the lowest of them is where a successor begins. */
class Progress {
  readonly #open = new Set<bigint>();
  #next = 0n;
  #appendedAt = 0;

  begin({ offset, appendedAt }: LogRecord): void {
    this.#open.add(offset);
    this.#next = offset + 1n;
    this.#appendedAt = Math.max(this.#appendedAt, appendedAt);
  }

  finish(offset: bigint): void {
    this.#open.delete(offset);
  }

  get firstUnfinished(): bigint {
    let lowest = this.#next;
    for (const offset of this.#open) if (offset < lowest) lowest = offset;
    return lowest;
  }

  /**
   * The latest time at which one was appended that was begun, ms. Batches finish in any order: the time of the one that
   * finishes last may be earlier than that of others before `firstUnfinished`.
   */
  get appendedAt(): number {
    return this.#appendedAt;
  }
}

/**
 * Gives migration requests to the migrator, many at a time, since one may take until its deadline. At least once: how
 * far all are finished is kept in the journal.
 */
export function consumeRequests(options: RequestConsumerOptions): Subscription {
  const { eventLog, journal, group, migrator, log } = options;
  const progress = new Map<number, Progress>();
  const keep = async ({
    topic,
    partition,
    logId,
  }: Pick<Batch, 'topic' | 'partition' | 'logId'>): Promise<void> => {
    const known = progress.get(partition);
    if (known === undefined) return;
    await journal.advance({
      group,
      topic,
      partition,
      logId,
      inputs: [],
      deadLetters: [],
      nextOffset: known.firstUnfinished,
      appendedAt: known.appendedAt,
      decide: no,
      admit: no,
      park: no,
      unpark: no,
      deadLetter: no,
    });
  };
  const handle = async (request: MigrationRequest, offset: bigint, batch: Batch): Promise<void> => {
    if (!(await migrator.handle(request))) return;
    progress.get(batch.partition)?.finish(offset);
    await keep(batch);
  };
  return eventLog.consume({
    group,
    topics: ['migration.requests'],
    maxBatchRecords: 100,
    startAt: async (assigned) => {
      progress.set(assigned.partition, new Progress());
      return beginningOf(journal, group, assigned);
    },
    onBatch: async (batch) => {
      for (const record of batch.records) {
        const request = await requestOf(record, options);
        const known = progress.get(batch.partition);
        known?.begin(record);
        if (request === undefined) known?.finish(record.offset);
        else {
          // A failure leaves the request unfinished: whoever owns the partition next is given it again.
          handle(request, record.offset, batch).catch((error: unknown) => {
            log.warn(
              { requestId: request.requestId, error: String(error) },
              'a migration request stays unfinished',
            );
          });
        }
      }
      await keep(batch);
    },
  });
}
