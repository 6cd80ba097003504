import pg from 'pg';
import { progress } from './progress.js';

export const clusterName = 'a';
/** Nodes whose pool has room, and nodes of a pool that is used up. */
const pools = { wide: 'wide', full: 'full' } as const;

/** Of a claim that takes what a node of the wide pool needs: in flight and rate of its cluster, and in flight of its pool. */
export const wideCounters = [
  `isolate/in-flight/${clusterName}`,
  `isolate/rate/${clusterName}/now`,
  `pools/in-flight/${clusterName}/${pools.wide}`,
] as const;
/** What has to stay in service of that pool, where the policy says so: counted over its nodes, whoever takes them out. */
export const healthyCounter = `pools/healthy/${clusterName}/${pools.wide}`;
export const widePools: readonly string[] = [pools.wide];
const fullLine = `pools/in-flight/${clusterName}/${pools.full}`;

/** What was claimed is over and given back, as if by then each node were: a part of the bench begins with as many out of service as the one before it. */
export async function endClaims(connectionString: string): Promise<void> {
  const database = new pg.Client({ connectionString });
  await database.connect();
  try {
    await database.query('DELETE FROM journal.permit');
    await database.query(`DELETE FROM journal.command WHERE status = 'attempting'`);
    await database.query('UPDATE journal.budget SET used = 0');
    await database.query('VACUUM ANALYZE');
  } finally {
    await database.end();
  }
}

/**
 * A fleet of which one in a hundred is out of service, commands that isolate nodes and wait for leave because their pool is used up, and commands that may begin. Written into
 * the journal as the maintenance core would: a thousand processes are decided in no time that way.
 *
 * @param wanted.isCounted whether PostgreSQL knows afterwards how much there is, as it does some minutes later
 */
export async function fillFleet(
  connectionString: string,
  wanted: {
    readonly nodes: number;
    readonly waiting: number;
    readonly claims: number;
    readonly isCounted?: boolean;
  },
): Promise<void> {
  const database = new pg.Client({ connectionString });
  await database.connect();
  try {
    const { nodes, waiting, claims, isCounted = true } = wanted;
    progress(`${nodes} nodes, ${waiting} commands that wait, ${claims} that may begin`);
    const now = Date.now();
    await database.query('INSERT INTO journal.fleet_cluster (cluster, observed_at) VALUES ($1, $2)', [
      clusterName,
      now,
    ]);
    await database.query(
      `INSERT INTO journal.fleet_member (node_key, cluster, pool, zone, labels, unavailable, control_plane, observed_at)
        SELECT $1 || '/n' || number, $1, CASE WHEN number <= $3 THEN $5 ELSE $4 END, 'z' || number % 3, '{}', number % 100 = 0, false, $6
        FROM generate_series(1, $2::integer) AS number`,
      [clusterName, nodes, waiting, pools.wide, pools.full, now],
    );
    await database.query(
      `INSERT INTO journal.process (process_id, node_key, workflow, fault_type, stage, started_at)
        SELECT 'p-' || number, $1 || '/n' || number, 'reboot', 'KernelDeadlock', 'isolating', $3
        FROM generate_series(1, $2::integer) AS number`,
      [clusterName, waiting + claims, now],
    );
    await database.query(
      `INSERT INTO journal.command
          (id, node_key, process_id, command, writes, status, due_at, waiting_reason, waiting_line, created_at)
        SELECT 'p-' || number || '.1.1', $1 || '/n' || number, 'p-' || number,
          jsonb_build_object('id', 'p-' || number || '.1.1', 'type', 'isolateNode', 'node', $1 || '/n' || number,
            'processId', 'p-' || number, 'stageEntry', 1, 'expected', '{}'::jsonb, 'mode', 'active',
            'faultType', 'KernelDeadlock', 'parameters', '{"cordon": true, "reason": "bench"}'::jsonb),
          true, 'waiting', $4, CASE WHEN number <= $3 THEN 'BudgetFull: ' || $5 END, CASE WHEN number <= $3 THEN $5 END, $4
        FROM generate_series(1, $2::integer) AS number`,
      [clusterName, waiting + claims, waiting, now, fullLine],
    );
    await database.query('UPDATE journal.installation SET paused = false');
    if (!isCounted) return;
    await database.query('VACUUM ANALYZE');
    // What was filled in is written to its files now, and not while claims are measured.
    await database.query('CHECKPOINT');
  } finally {
    await database.end();
  }
}
