import pg from 'pg';
import { comparable } from './comparable.js';
import type { Contents } from './contents.js';

/** The same as of a store in memory, table by table; columns have the names of its members. */
const tables: Readonly<Record<string, string>> = {
  timers: `SELECT process_id AS "processId", name, node_key AS node, stage_entry AS "stageEntry", due_at AS "dueAt",
    issued_by AS "issuedBy" FROM journal.timer`,
  // What is over waits in no line, whatever its row still says.
  claims: `SELECT id, due_at AS "dueAt", claimed_by AS "claimedBy", unfinished,
    CASE WHEN status = 'waiting' THEN waiting_line END AS "waitingLine" FROM journal.command`,
  permits: `SELECT command_id AS "commandId", process_id AS "processId", node_key AS node, counter, until, operation,
    taken_at AS "takenAt" FROM journal.permit`,
  budgets: `SELECT counter, used FROM journal.budget WHERE used > 0`,
  offsets: `SELECT json_build_array(consumer_group, topic, log_partition) AS place, next_offset AS "nextOffset",
    log_id AS "logId", appended_at AS "appendedAt" FROM journal.consumed_offset`,
  causes: `SELECT cause_id AS cause, seen_at AS at FROM journal.input_seen`,
  // One that changed something stands among all causes too, and that is the one that counts.
  'causes of reports': `SELECT cause_id AS cause, seen.appended_at AS "appendedAt",
      json_build_array(consumer_group, topic, log_partition) AS place
    FROM journal.report_seen AS seen JOIN journal.consumed_offset USING (place)
    WHERE NOT EXISTS (SELECT FROM journal.input_seen AS kept WHERE kept.cause_id = seen.cause_id)`,
  members: `SELECT node_key AS node, pool, zone, labels, unavailable, control_plane AS "controlPlane" FROM journal.fleet_member`,
  verdicts: `SELECT verdict, since, recorded_at AS "recordedAt" FROM journal.metric`,
  pauses: `SELECT pause, ended FROM journal.pause ORDER BY position`,
  policies: `SELECT version, policy, at, copy AS by FROM journal.guard_policy ORDER BY position`,
  clusters: `SELECT cluster, observed_at AS "observedAt" FROM journal.fleet_cluster`,
  outbox: `SELECT topic, key, event, body, headers, when_sent AS "whenSent", outbox_partition AS partition,
    sent_at AS "sentAt" FROM journal.outbox`,
};

const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

export async function storedOnPostgres(connectionString: string): Promise<Contents> {
  const client = new pg.Client({ connectionString, types });
  await client.connect();
  try {
    const contents = new Map<string, readonly string[]>();
    for (const [table, text] of Object.entries(tables)) {
      const { rows } = await client.query<Record<string, unknown>>(text);
      contents.set(
        table,
        rows.map((row) => comparable(withoutNulls(row))),
      );
    }
    return contents;
  } finally {
    await client.end();
  }
}

function withoutNulls(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}
