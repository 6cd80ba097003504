import { storableText } from '../../../schemas/storable-text.js';
import type {
  KeptEvent,
  WebhookDecision,
  WebhookDesk,
  WebhookReplay,
  WebhookState,
} from '../../ports/webhooks.js';
import type { Database, Statement } from './database.js';
import { asJournalError } from './failures.js';
import { readKeptEvents, readWebhookStates } from './webhook-rows.js';

/** The tables `journal.webhook_…`, for people. */
export class PostgresWebhookDesk implements WebhookDesk {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  states(): Promise<readonly WebhookState[]> {
    return readWebhookStates(this.#database);
  }

  async state(name: string): Promise<WebhookState | undefined> {
    const [state] = await readWebhookStates(this.#database, name);
    return state;
  }

  undelivered(name: string, { limit }: { readonly limit: number }): Promise<readonly KeptEvent[]> {
    return readKeptEvents(this.#database, name, { states: ['waiting', 'dead'], limit });
  }

  pause(name: string, decision: WebhookDecision): Promise<void> {
    return pauseWebhook(this.#database, name, decision);
  }

  async resume(name: string, now: number): Promise<void> {
    await this.#database.query({
      text: `WITH paused AS (
          SELECT name, paused_at FROM journal.webhook_subscriber WHERE name = $1 AND paused_at IS NOT NULL FOR UPDATE
        ), aged AS (
          UPDATE journal.webhook_event
          SET first_tried_at = first_tried_at + greatest(0, $2::bigint - greatest(paused_at, first_tried_at))
          FROM paused WHERE subscriber = name AND state = 'waiting'
        ) UPDATE journal.webhook_subscriber AS known
        SET paused_by = NULL, paused_reason = NULL, paused_at = NULL, orders = orders + 1
        FROM paused WHERE known.name = paused.name`,
      values: [name, now],
    });
  }

  async replay(name: string, { id, since }: WebhookReplay): Promise<void> {
    await this.#database.query({
      text: `UPDATE journal.webhook_subscriber SET replay_id = $2, replay_since = $3, orders = orders + 1 WHERE name = $1`,
      values: [name, id, since],
    });
  }

  retry(name: string, ids: readonly string[], now: number): Promise<readonly string[]> {
    return this.#decide(name, {
      text: `WITH changed AS (
          UPDATE journal.webhook_event SET state = 'waiting', first_tried_at = $3, tries = 0, due_at = $3
          WHERE subscriber = $1 AND place = ANY ($2::bigint[]) AND state = 'dead' RETURNING place
        ) SELECT place::text AS id FROM changed ORDER BY place`,
      values: [name, ids, now],
    });
  }

  drop(
    name: string,
    ids: readonly string[],
    { subject, reason, at }: WebhookDecision,
  ): Promise<readonly string[]> {
    return this.#decide(name, {
      text: `WITH changed AS (
          UPDATE journal.webhook_event SET state = 'dropped', dropped_by = $3, dropped_reason = $4, dropped_at = $5
          WHERE subscriber = $1 AND place = ANY ($2::bigint[]) AND state <> 'dropped' RETURNING place
        ) SELECT place::text AS id FROM changed ORDER BY place`,
      values: [name, ids, storableText(subject), storableText(reason), at],
    });
  }

  /** Who delivers looks anew when it was decided. */
  async #decide(name: string, statement: Statement): Promise<readonly string[]> {
    try {
      return await this.#database.transaction(async (transaction) => {
        const rows = await transaction.query<{ id: string }>(statement);
        const told = {
          text: `UPDATE journal.webhook_subscriber SET orders = orders + 1 WHERE name = $1`,
          values: [name],
        };
        return { result: rows.map(({ id }) => id), last: rows.length === 0 ? [] : [told] };
      });
    } catch (error) {
      throw asJournalError(error);
    }
  }
}

/** The first reason stays. */
export async function pauseWebhook(
  database: Database,
  name: string,
  { subject, reason, at }: WebhookDecision,
): Promise<void> {
  await database.query({
    text: `UPDATE journal.webhook_subscriber SET paused_by = $2, paused_reason = $3, paused_at = $4, orders = orders + 1
      WHERE name = $1 AND paused_at IS NULL`,
    values: [name, storableText(subject), storableText(reason), at],
  });
}
