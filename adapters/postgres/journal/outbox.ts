import { Pace } from '../../clock/pace.js';
import { sentCause } from '../../journal/causes.js';
import { waitForAny, type WakeUp } from '../../journal/wake-up.js';
import { JournalUnavailable, type Outbox, type OutboxEntry } from '../../ports/journal.js';
import type { JournalContext } from './context.js';
import { asJournalError } from './failures.js';
import type { SessionLocks } from './session-locks.js';
import { newsOfOutbox } from './notices.js';
import { insertOutbox } from './outbox-rows.js';

interface OutboxRow {
  readonly position: string;
  readonly topic: string;
  readonly key: string;
  readonly event: string | null;
  readonly body: Buffer | null;
  readonly headers: Record<string, string>;
  readonly when_sent: NonNullable<OutboxEntry['whenSent']> | null;
}

/**
 * The outbox. Entries are read by their sent mark and not behind a cursor, so one that commits late is still sent. There
 * is no bound by xmin: entries of one key that need order are written under their node's lock, hence commit in the order
 * of their positions, and a bound would make every signal wait for the longest transaction of the whole server.
 */
export class PostgresOutbox implements Outbox {
  readonly partitions: number;
  readonly #context: JournalContext;
  readonly #locks: SessionLocks;
  /** A turn costs a read, an append and a mark, whether one entry goes or a hundred. */
  readonly #pace = new Pace({ everyMs: 5, burst: 8 });

  constructor(context: JournalContext, locks: SessionLocks) {
    this.partitions = context.options.outboxPartitions;
    this.#context = context;
    this.#locks = locks;
  }

  acquire(partition: number): Promise<boolean> {
    return this.#locks.acquire(partition);
  }

  release(partition: number): Promise<void> {
    return this.#locks.release(partition);
  }

  /** Rejects with JournalUnavailable when this copy was the sender and lost that: it has to acquire again. */
  async unsent(partitions: readonly number[], limit: number): Promise<readonly OutboxEntry[]> {
    const lost = partitions.find((partition) => this.#locks.isLost(partition));
    if (lost !== undefined) {
      throw new JournalUnavailable(
        `the lock of outbox partition ${lost} was lost with its connection: acquire it again before sending`,
      );
    }
    for (const wakeUp of this.#wakeUps(partitions)) wakeUp.reading();
    const rows = await this.#context.database.query<OutboxRow & Record<string, unknown>>({
      name: 'outbox-unsent',
      // Each partition by its own stretch of the index: one range over all of them would be sorted whole.
      text: `SELECT entry.place::text AS position, topic, key, event, body, headers, when_sent
        FROM unnest($1::smallint[]) AS mine (outbox_partition) CROSS JOIN LATERAL (
          SELECT stored.position AS place, topic, key, event, body, headers, when_sent
          FROM journal.outbox AS stored
          WHERE sent_at IS NULL AND stored.outbox_partition = mine.outbox_partition
          ORDER BY stored.position LIMIT $2
        ) AS entry ORDER BY entry.place LIMIT $2`,
      values: [partitions, limit],
    });
    return rows.map((row) => ({
      position: BigInt(row.position),
      topic: row.topic,
      key: row.key,
      ...(row.event === null ? {} : { event: row.event }),
      body: row.body ?? undefined,
      headers: row.headers,
      ...(row.when_sent === null ? {} : { whenSent: row.when_sent }),
    }));
  }

  async markSent(entries: readonly OutboxEntry[], now: number): Promise<void> {
    const { database, notices, options } = this.#context;
    const mark = {
      name: 'outbox-mark',
      // Only signals may have to be sent again, when the log loses them unread: all else need not be kept any longer.
      // `sent_at` is asked for so that the index of unsent entries does not fit: it is full of entries that were sent a
      // moment ago, and was walked through from end to end. The primary key finds each at once.
      text: `WITH marked AS (
          UPDATE journal.outbox SET sent_at = $2
          WHERE position = ANY ($1::bigint[]) AND event = 'Signal' AND sent_at IS NOT DISTINCT FROM NULL
          RETURNING position
        ), gone AS (
          DELETE FROM journal.outbox
          WHERE position = ANY ($1::bigint[]) AND event IS DISTINCT FROM 'Signal'
            AND sent_at IS NOT DISTINCT FROM NULL
          RETURNING position
        )
        SELECT position::text AS position FROM marked UNION ALL SELECT position::text FROM gone`,
      values: [entries.map(({ position }) => position.toString()), now],
    };
    const asking = entries.filter(({ whenSent }) => whenSent !== undefined);
    if (asking.length === 0) {
      await database.query(mark);
      return;
    }
    try {
      const news = await database.transaction(async (transaction) => {
        const marked = await transaction.query<{ position: string }>(mark);
        const positions = new Set(marked.map(({ position }) => position));
        const signals = asking.flatMap((entry) =>
          entry.whenSent === undefined || !positions.has(entry.position.toString())
            ? []
            : [options.writer.signal(entry.whenSent.node, entry.whenSent.signal, sentCause(entry, now))],
        );
        const keys = signals.map(({ key }) => key);
        return {
          result: newsOfOutbox(keys, options.outboxPartitions),
          last: signals.length === 0 ? [] : [insertOutbox(signals, options.outboxPartitions)],
        };
      });
      notices.committed(news);
    } catch (error) {
      throw asJournalError(error);
    }
  }

  async backlog(): Promise<number> {
    const [row] = await this.#context.database.query<{ unsent: number }>({
      text: 'SELECT count(*) AS unsent FROM journal.outbox WHERE sent_at IS NULL',
    });
    return row?.unsent ?? 0;
  }

  async awaitEntries(partitions: readonly number[], signal: AbortSignal): Promise<void> {
    await waitForAny(this.#wakeUps(partitions), signal);
    await this.#pace.turn(signal);
  }

  #wakeUps(partitions: readonly number[]): readonly WakeUp[] {
    return partitions.flatMap((partition) => this.#context.notices.entries[partition] ?? []);
  }
}
