import type { KeptEvent, WebhookState } from '../../ports/webhooks.js';
import type { Database } from './database.js';

interface WebhookStateRow {
  readonly name: string;
  readonly orders: number;
  readonly paused_by: string | null;
  readonly paused_reason: string | null;
  readonly paused_at: number | null;
  readonly replay_id: string | null;
  readonly replay_since: number | null;
  readonly waiting: number;
  readonly dead: number;
  readonly waiting_since: number | null;
}

const selectStates = `SELECT name, orders, paused_by, paused_reason, paused_at, replay_id, replay_since,
    (SELECT count(*) FROM journal.webhook_event e WHERE e.subscriber = name AND e.state = 'waiting') AS waiting,
    (SELECT count(*) FROM journal.webhook_event e WHERE e.subscriber = name AND e.state = 'dead') AS dead,
    (SELECT min(appended_at) FROM journal.webhook_event e WHERE e.subscriber = name AND e.state = 'waiting') AS waiting_since
  FROM journal.webhook_subscriber`;

/** All of them in order of their names, or the one of this name. */
export async function readWebhookStates(database: Database, name?: string): Promise<readonly WebhookState[]> {
  const rows = await database.query<WebhookStateRow & Record<string, unknown>>({
    name: 'webhook-states',
    text: `${selectStates} WHERE $1::text IS NULL OR name = $1 ORDER BY name COLLATE "C"`,
    values: [name ?? null],
  });
  return rows.map(asState);
}

function asState(row: WebhookStateRow): WebhookState {
  const { name, orders, waiting, dead } = row;
  return {
    ...{ name, orders, waiting, dead },
    ...(row.paused_at === null
      ? {}
      : { paused: { subject: row.paused_by ?? '', reason: row.paused_reason ?? '', at: row.paused_at } }),
    ...(row.replay_id === null ? {} : { replay: { id: row.replay_id, since: row.replay_since ?? 0 } }),
    ...(row.waiting_since === null ? {} : { waitingSince: row.waiting_since }),
  };
}

interface KeptEventRow {
  readonly id: string;
  readonly logId: string | null;
  readonly topic: string;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly node: string;
  readonly eventId: string;
  readonly event: Buffer;
  readonly appendedAt: number;
  readonly replayId: string | null;
  readonly state: 'waiting' | 'dead';
  readonly firstTriedAt: number;
  readonly tries: number;
  readonly dueAt: number;
  readonly reason: string;
}

const keptColumns = `place::text AS id, log_id AS "logId", topic, log_partition AS partition, log_offset::text AS "offset", node,
  event_id AS "eventId", event, appended_at AS "appendedAt", replay_id AS "replayId", state, first_tried_at AS "firstTriedAt",
  tries, due_at AS "dueAt", reason`;

function asKept({ event, logId, partition, offset, replayId, ...row }: KeptEventRow): KeptEvent {
  const isInLog = logId !== null && partition !== null && offset !== null;
  return {
    ...row,
    ...(isInLog ? { place: { logId, partition, offset: BigInt(offset) } } : {}),
    json: event.toString(),
    ...(replayId === null ? {} : { replayId }),
  };
}

/** Events of a subscriber in these states, in the order in which they were kept. */
export async function readKeptEvents(
  database: Database,
  name: string,
  { states, limit }: { readonly states: readonly KeptEvent['state'][]; readonly limit?: number },
): Promise<readonly KeptEvent[]> {
  const rows = await database.query<KeptEventRow & Record<string, unknown>>({
    text: `SELECT ${keptColumns} FROM journal.webhook_event
      WHERE subscriber = $1 AND state = ANY ($2::text[]) ORDER BY place LIMIT $3`,
    values: [name, states, limit ?? null],
  });
  return rows.map(asKept);
}
