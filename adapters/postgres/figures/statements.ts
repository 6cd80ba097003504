/*
 * Each reads few rows by a partial index, whatever the journal has grown to: active processes, open commands, unsent
 * entries. Only the first word of a reason is taken, since the rest names counters, nodes and people.
 */

const cluster = (nodeKey: string): string => `split_part(${nodeKey}, '/', 1)`;

export const installationStatement = `SELECT epoch, log_epoch AS "logEpoch", paused FROM journal.installation`;

export const processStatement = `SELECT ${cluster('process.node_key')} AS cluster, process.workflow, process.stage,
    process.waiting_for IS NOT NULL AS "waitsForPerson",
    coalesce((node.state #>> '{process,context,isolated}')::boolean, false) AS isolated,
    count(*) AS count,
    min(coalesce((node.state #>> '{process,context,enteredAt}')::bigint, process.started_at)) AS "oldestAt"
  FROM journal.process AS process JOIN journal.node_state AS node USING (node_key)
  WHERE process.ended_at IS NULL GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`;

export const parkedStatement = `SELECT ${cluster('node_key')} AS cluster, kind, count(*) AS count, min(since) AS "oldestAt"
  FROM journal.parked_node GROUP BY 1, 2 ORDER BY 1, 2`;

export const commandStatement = `SELECT ${cluster('open.node_key')} AS cluster, open.command ->> 'type' AS type,
    open.status AS state,
    CASE WHEN open.status = 'attempting' THEN 'Claimed'
      WHEN EXISTS (SELECT FROM journal.parked_node AS parked
        WHERE parked.node_key = open.node_key AND parked.kind = 'failed') THEN 'NodeParked'
      WHEN EXISTS (SELECT FROM journal.command AS earlier
        WHERE earlier.node_key = open.node_key AND earlier.position + 0 < open.position
          AND earlier.status IN ('waiting', 'attempting')) THEN 'BehindAnother'
      WHEN open.waiting_reason IS NULL THEN 'Due'
      ELSE coalesce(substring(open.waiting_reason FROM '^([A-Za-z][A-Za-z-]{0,39})(?:[^A-Za-z-]|$)'), 'Other')
    END AS why,
    count(*) AS count, min(open.created_at) AS "oldestAt"
  FROM (
    SELECT node_key, position, command, status, waiting_reason, created_at FROM journal.command
    WHERE status IN ('waiting', 'attempting') ORDER BY position LIMIT 20000
  ) AS open
  GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;

/** Those until the return have an index; the others belong to open commands. A command may hold several of one operation. */
export const permitStatement = `SELECT cluster, operation, count(DISTINCT command_id) AS count FROM (
    SELECT ${cluster('node_key')} AS cluster, operation, command_id
    FROM journal.permit WHERE until = 'returned'
    UNION ALL
    SELECT ${cluster('permit.node_key')}, permit.operation, permit.command_id
    FROM journal.command AS open JOIN journal.permit AS permit ON permit.command_id = open.id
    WHERE open.status IN ('waiting', 'attempting') AND permit.until = 'settled'
  ) AS held GROUP BY 1, 2 ORDER BY 1, 2`;

export const pauseStatement = `SELECT kind, count(*) AS count, min(begun) AS "oldestAt" FROM (
    SELECT CASE WHEN coalesce(pause -> 'incident', pause -> 'regression') ? 'denied' THEN 'denied'
      WHEN pause ? 'incident' THEN 'incident' WHEN pause ? 'regression' THEN 'regression'
      WHEN pause ? 'rollout' THEN 'rollout' ELSE 'freeze' END AS kind, (pause #>> '{begun,at}')::bigint AS begun
    FROM journal.pause WHERE ended IS NULL
  ) AS in_force GROUP BY 1 ORDER BY 1`;

export const inventoryStatement = `SELECT cluster, observed_at AS "observedAt" FROM journal.fleet_cluster ORDER BY 1`;

/** An entry says itself when it was made: an event in its CloudEvents time, a dead letter beside its reason. */
export const outboxStatement = `SELECT
    (SELECT count(*) FROM (SELECT FROM journal.outbox WHERE sent_at IS NULL LIMIT 100001) AS unsent) AS unsent,
    (SELECT min(made) FROM (
      SELECT coalesce(first.headers ->> 'dlt_at', first.headers ->> 'ce_time') AS made
      FROM journal.installation
      CROSS JOIN LATERAL generate_series(0, outbox_partitions - 1) AS list (number)
      CROSS JOIN LATERAL (
        SELECT headers FROM journal.outbox
        WHERE sent_at IS NULL AND outbox_partition = list.number ORDER BY position LIMIT 1
      ) AS first) AS oldest) AS "oldestAt"`;

export const handledStatement = `SELECT log_id AS "logId", topic, log_partition AS partition, log_offset::text AS "offset"
  FROM journal.dead_letter`;

export const archivedStatement = `SELECT (SELECT coalesce(sum(facts), 0)::bigint FROM journal.archive_file) AS facts,
    (SELECT finished_at FROM journal.archive_run) AS "finishedAt"`;

export const decidedStatement = `SELECT consumer_group AS "group", topic, log_partition AS partition,
    next_offset::text AS "nextOffset"
  FROM journal.consumed_offset ORDER BY 1, 2, 3`;
