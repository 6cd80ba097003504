import type { TimerRequest } from '../../../domain/decision.js';
import { firedCause, firedSignal } from '../../journal/causes.js';
import { firingOrder } from '../../journal/firing-order.js';
import type { Timers } from '../../ports/journal.js';
import type { JournalContext } from './context.js';
import { asJournalError } from './failures.js';
import { newsOfOutbox } from './notices.js';
import { insertOutbox } from './outbox-rows.js';

export class PostgresTimers implements Timers {
  readonly #context: JournalContext;

  constructor(context: JournalContext) {
    this.#context = context;
  }

  async fireDue(now: number, limit: number): Promise<number> {
    const { database, notices, options } = this.#context;
    notices.timerChanges.reading();
    try {
      const fired = await database.transaction(async (transaction) => {
        const rows = await transaction.query<Omit<TimerRequest, 'issuedBy'> & { issuedBy: string | null }>({
          name: 'timer-fire',
          // Another copy's timers are skipped, and so are those that a decision is just changing.
          text: `WITH due AS (
              SELECT process_id, name FROM journal.timer WHERE due_at <= $1
              ORDER BY due_at, process_id COLLATE "C", name COLLATE "C" LIMIT $2 FOR UPDATE SKIP LOCKED
            )
            DELETE FROM journal.timer AS stored USING due
            WHERE stored.process_id = due.process_id AND stored.name = due.name
            RETURNING stored.node_key AS node, stored.process_id AS "processId",
              stored.stage_entry AS "stageEntry", stored.name, stored.due_at AS "dueAt", stored.issued_by AS "issuedBy"`,
          values: [now, limit],
        });
        const due = rows
          .map(({ issuedBy, ...timer }) => (issuedBy === null ? timer : { ...timer, issuedBy }))
          .sort(firingOrder);
        const entries = due.map((timer) =>
          options.writer.signal(timer.node, firedSignal(timer), firedCause(timer, now)),
        );
        const keys = due.map(({ node }) => node);
        return {
          result: { count: due.length, news: newsOfOutbox(keys, options.outboxPartitions) },
          last: due.length === 0 ? [] : [insertOutbox(entries, options.outboxPartitions)],
        };
      });
      if (fired.count > 0) notices.committed(fired.news);
      return fired.count;
    } catch (error) {
      throw asJournalError(error);
    }
  }

  async nextDue(after: number): Promise<number | undefined> {
    this.#context.notices.timerChanges.reading();
    const [row] = await this.#context.database.query<{ due_at: number | null }>({
      name: 'timer-next-due',
      text: 'SELECT min(due_at) AS due_at FROM journal.timer WHERE due_at > $1',
      values: [after],
    });
    return row?.due_at ?? undefined;
  }

  awaitChange(signal: AbortSignal): Promise<void> {
    return this.#context.notices.timerChanges.wait(signal);
  }
}
