import type { KeptEvent, WebhookState } from '../../ports/webhooks.js';

export interface WebhookStateRow {
  readonly name: string;
  readonly orders: number;
  readonly paused_by: string | null;
  readonly paused_reason: string | null;
  readonly paused_at: number | null;
  readonly replay_id: string | null;
  readonly replay_since: number | null;
  readonly waiting: number;
  readonly dead: number;
}

export const selectStates = `SELECT name, orders, paused_by, paused_reason, paused_at, replay_id, replay_since,
    (SELECT count(*) FROM journal.webhook_event e WHERE e.subscriber = name AND e.state = 'waiting') AS waiting,
    (SELECT count(*) FROM journal.webhook_event e WHERE e.subscriber = name AND e.state = 'dead') AS dead
  FROM journal.webhook_subscriber`;

export function asState(row: WebhookStateRow): WebhookState {
  const { name, orders, waiting, dead } = row;
  return {
    ...{ name, orders, waiting, dead },
    ...(row.paused_at === null
      ? {}
      : { paused: { subject: row.paused_by ?? '', reason: row.paused_reason ?? '', at: row.paused_at } }),
    ...(row.replay_id === null ? {} : { replay: { id: row.replay_id, since: row.replay_since ?? 0 } }),
  };
}

export interface KeptEventRow {
  readonly id: string;
  readonly logId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
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

export const keptColumns = `place::text AS id, log_id AS "logId", topic, log_partition AS partition, log_offset::text AS "offset", node,
  event_id AS "eventId", event, appended_at AS "appendedAt", replay_id AS "replayId", state, first_tried_at AS "firstTriedAt",
  tries, due_at AS "dueAt", reason`;

export function asKept({ event, offset, replayId, ...row }: KeptEventRow): KeptEvent {
  return {
    ...row,
    offset: BigInt(offset),
    json: event.toString(),
    ...(replayId === null ? {} : { replayId }),
  };
}
