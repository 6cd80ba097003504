import type { NodeKey } from '../../../domain/identifiers.js';
import { storableText } from '../../../schemas/storable-text.js';
import type {
  KeptEvent,
  UndeliveredEvent,
  WebhookCursor,
  WebhookDecision,
  WebhookDeliveries,
  WebhookJournalReplay,
  WebhookState,
} from '../../ports/webhooks.js';
import type { Database, Statement } from './database.js';
import { asJournalError } from './failures.js';
import type { SessionLocks } from './session-locks.js';
import { pauseWebhook } from './webhook-desk.js';
import { readKeptEvents, readWebhookStates } from './webhook-rows.js';

interface CursorRow {
  readonly topic: string;
  readonly partition: number;
  readonly logId: string;
  readonly next: string;
  readonly replayId: string | null;
  readonly replayUntil: string | null;
}

function asCursor({ next, replayId, replayUntil, ...place }: CursorRow): WebhookCursor {
  return {
    ...place,
    nextOffset: BigInt(next),
    ...(replayId === null ? {} : { replay: { id: replayId, until: BigInt(replayUntil ?? '0') } }),
  };
}

interface JournalReplayRow extends Pick<WebhookJournalReplay, 'id' | 'since' | 'until'> {
  readonly node: NodeKey | null;
  readonly version: number | null;
}

/** The tables `journal.webhook_…`, for who delivers. */
export class PostgresWebhookDeliveries implements WebhookDeliveries {
  readonly #database: Database;
  readonly #locks: SessionLocks;
  readonly #lockNumbers = new Map<string, number>();

  constructor(database: Database, locks: SessionLocks) {
    this.#database = database;
    this.#locks = locks;
  }

  async enrol(names: readonly string[]): Promise<void> {
    await this.#database.query({
      text: `INSERT INTO journal.webhook_subscriber (name)
        SELECT name FROM unnest($1::text[]) AS given (name) ORDER BY name ON CONFLICT DO NOTHING`,
      values: [names],
    });
  }

  async state(name: string): Promise<WebhookState | undefined> {
    const [state] = await readWebhookStates(this.#database, name);
    return state;
  }

  async acquire(name: string): Promise<boolean> {
    return this.#locks.acquire(await this.#lockNumber(name));
  }

  async release(name: string): Promise<void> {
    await this.#locks.release(await this.#lockNumber(name));
  }

  holds(name: string): boolean {
    const number = this.#lockNumbers.get(name);
    return number !== undefined && this.#locks.isHeld(number);
  }

  async #lockNumber(name: string): Promise<number> {
    const known = this.#lockNumbers.get(name);
    if (known !== undefined) return known;
    const [row] = await this.#database.query<{ number: number }>({
      text: 'SELECT lock_number AS number FROM journal.webhook_subscriber WHERE name = $1',
      values: [name],
    });
    if (row === undefined) throw new TypeError(`subscriber ${name} is not enrolled`);
    this.#lockNumbers.set(name, row.number);
    return row.number;
  }

  async cursors(name: string): Promise<readonly WebhookCursor[]> {
    const rows = await this.#database.query<CursorRow & Record<string, unknown>>({
      text: `SELECT topic, log_partition AS partition, log_id AS "logId", next_offset::text AS next,
          replay_id AS "replayId", replay_until::text AS "replayUntil"
        FROM journal.webhook_cursor WHERE subscriber = $1 ORDER BY topic, log_partition`,
      values: [name],
    });
    return rows.map(asCursor);
  }

  async begin(name: string, { topic, partition, logId, nextOffset }: WebhookCursor): Promise<void> {
    await this.#database.query({
      name: 'webhook-begin',
      text: `INSERT INTO journal.webhook_cursor AS known (subscriber, topic, log_partition, log_id, next_offset)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (subscriber, topic, log_partition) DO UPDATE
        SET log_id = excluded.log_id, next_offset = excluded.next_offset, replay_id = NULL, replay_until = NULL
        WHERE known.log_id <> excluded.log_id`,
      values: [name, topic, partition, logId, String(nextOffset)],
    });
  }

  async advance(
    name: string,
    cursor: WebhookCursor,
    undelivered: readonly UndeliveredEvent[],
  ): Promise<readonly KeptEvent[]> {
    const { topic, partition, logId, nextOffset } = cursor;
    const move: Statement = {
      name: 'webhook-advance',
      text: `UPDATE journal.webhook_cursor SET next_offset = greatest(next_offset, $5)
        WHERE subscriber = $1 AND topic = $2 AND log_partition = $3 AND log_id = $4`,
      values: [name, topic, partition, logId, String(nextOffset)],
    };
    return this.#keepAnd(move, name, undelivered);
  }

  /** One transaction: keeps events, and moves on. */
  async #keepAnd(
    move: Statement,
    name: string,
    undelivered: readonly UndeliveredEvent[],
  ): Promise<readonly KeptEvent[]> {
    if (undelivered.length === 0) {
      await this.#database.query(move);
      return [];
    }
    try {
      return await this.#database.transaction(async (transaction) => {
        const answers = await transaction.send(undelivered.map((event) => keep(name, event)));
        const ids = answers.map(({ rows }) => String(rows[0]?.['id']));
        const result = undelivered.map((event, index) => ({ ...event, id: ids[index] ?? '' }));
        return { result, last: [move] };
      });
    } catch (error) {
      throw asJournalError(error);
    }
  }

  async beginReplay(
    name: string,
    cursors: readonly WebhookCursor[],
    inJournal?: WebhookJournalReplay,
  ): Promise<void> {
    const told = inJournal === undefined ? [] : [replayInJournal(name, inJournal)];
    try {
      await this.#database.transaction(() =>
        Promise.resolve({ result: undefined, last: [replayFrom(name, cursors), ...told, replayBegun(name)] }),
      );
    } catch (error) {
      throw asJournalError(error);
    }
  }

  async journalReplay(name: string): Promise<WebhookJournalReplay | undefined> {
    const [row] = await this.#database.query<JournalReplayRow & Record<string, unknown>>({
      text: `SELECT replay_id AS id, since, until, node_key AS node, version
        FROM journal.webhook_journal_replay WHERE subscriber = $1`,
      values: [name],
    });
    if (row === undefined) return undefined;
    const { node, version, ...wanted } = row;
    return { ...wanted, ...(node === null || version === null ? {} : { next: { node, version } }) };
  }

  advanceJournalReplay(
    name: string,
    { id, next }: Required<Pick<WebhookJournalReplay, 'id' | 'next'>>,
    undelivered: readonly UndeliveredEvent[],
  ): Promise<readonly KeptEvent[]> {
    const move: Statement = {
      name: 'webhook-advance-in-journal',
      text: `UPDATE journal.webhook_journal_replay SET node_key = $3, version = $4
        WHERE subscriber = $1 AND replay_id = $2
          AND (node_key IS NULL OR (node_key, version) < ($3, $4::integer))`,
      values: [name, id, next.node, next.version],
    };
    return this.#keepAnd(move, name, undelivered);
  }

  async endJournalReplay(name: string, id: string): Promise<void> {
    await this.#database.query({
      text: 'DELETE FROM journal.webhook_journal_replay WHERE subscriber = $1 AND replay_id = $2',
      values: [name, id],
    });
  }

  waiting(name: string): Promise<readonly KeptEvent[]> {
    return readKeptEvents(this.#database, name, { states: ['waiting'] });
  }

  async delivered(id: string): Promise<void> {
    await this.#database.query({
      name: 'webhook-delivered',
      text: `DELETE FROM journal.webhook_event WHERE place = $1 AND state = 'waiting'`,
      values: [id],
    });
  }

  async failed(
    id: string,
    { state, tries, dueAt, reason }: Pick<KeptEvent, 'state' | 'tries' | 'dueAt' | 'reason'>,
  ): Promise<void> {
    await this.#database.query({
      name: 'webhook-failed',
      text: `UPDATE journal.webhook_event SET state = $2, tries = $3, due_at = $4, reason = $5
        WHERE place = $1 AND state = 'waiting'`,
      values: [id, state, tries, dueAt, storableText(reason)],
    });
  }

  pause(name: string, decision: WebhookDecision): Promise<void> {
    return pauseWebhook(this.#database, name, decision);
  }
}

/** What tells that one was kept before: its place in the log, or its id where it was made again from the journal. */
const sameEvent = {
  inLog: '(subscriber, log_id, topic, log_partition, log_offset)',
  madeAgain: '(subscriber, event_id) WHERE log_id IS NULL',
} as const;

/** One that was kept before (it came again by a replay) is tried anew, in its old place. */
function keep(name: string, event: UndeliveredEvent): Statement {
  const { place } = event;
  const same = place === undefined ? 'madeAgain' : 'inLog';
  return {
    name: `webhook-keep-${same}`,
    text: `INSERT INTO journal.webhook_event (subscriber, log_id, topic, log_partition, log_offset, node, event_id, event,
        appended_at, replay_id, state, first_tried_at, tries, due_at, reason)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
      ON CONFLICT ${sameEvent[same]} DO UPDATE
      SET state = excluded.state, replay_id = excluded.replay_id, first_tried_at = excluded.first_tried_at,
        tries = excluded.tries, due_at = excluded.due_at, reason = excluded.reason
      RETURNING place::text AS id`,
    values: [
      name,
      place?.logId ?? null,
      event.topic,
      place?.partition ?? null,
      place === undefined ? null : String(place.offset),
      storableText(event.node),
      storableText(event.eventId),
      Buffer.from(event.json),
      event.appendedAt,
      event.replayId ?? null,
      event.state,
      event.firstTriedAt,
      event.tries,
      event.dueAt,
      storableText(event.reason),
    ],
  };
}

function replayFrom(name: string, cursors: readonly WebhookCursor[]): Statement {
  return {
    text: `UPDATE journal.webhook_cursor AS known
      SET next_offset = wanted.next_offset, replay_id = wanted.replay_id, replay_until = wanted.replay_until
      FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::text[], $6::bigint[])
        AS wanted (topic, log_partition, next_offset, replay_id, replay_until)
      WHERE known.subscriber = $1 AND known.topic = wanted.topic AND known.log_partition = wanted.log_partition`,
    values: [
      name,
      cursors.map(({ topic }) => topic),
      cursors.map(({ partition }) => partition),
      cursors.map(({ nextOffset }) => String(nextOffset)),
      cursors.map(({ replay }) => replay?.id ?? null),
      cursors.map(({ replay }) => (replay === undefined ? null : String(replay.until))),
    ],
  };
}

function replayInJournal(name: string, { id, since, until }: WebhookJournalReplay): Statement {
  return {
    text: `INSERT INTO journal.webhook_journal_replay (subscriber, replay_id, since, until) VALUES ($1, $2, $3, $4)
      ON CONFLICT (subscriber) DO UPDATE SET replay_id = excluded.replay_id, since = excluded.since,
        until = excluded.until, node_key = NULL, version = NULL`,
    values: [name, id, since, until],
  };
}

function replayBegun(name: string): Statement {
  return {
    text: 'UPDATE journal.webhook_subscriber SET replay_id = NULL, replay_since = NULL WHERE name = $1',
    values: [name],
  };
}
