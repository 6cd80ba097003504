import type pg from 'pg';

/** `who` by place, with how many they are. */
type Places = Readonly<Record<string, number>>;

export interface OutOfServiceTwice {
  /** As triggers keep it. */
  readonly kept: Places;
  /** As the fleet and the permits say, counted node by node. */
  readonly counted: Places;
}

/** How many nodes of each place are out of service, in both ways and at one moment. */
export async function outOfServiceTwice(database: pg.Client | pg.Pool): Promise<OutOfServiceTwice> {
  const { rows } = await database.query<OutOfServiceTwice>(`
    WITH node AS (
      SELECT m.*, m.unavailable OR held.is AS everybody, m.unavailable AND NOT held.is AS others
      FROM journal.fleet_member m CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM journal.permit p WHERE p.node_key = m.node_key AND p.until = 'returned') AS is
      ) AS held
    ), counted AS (
      SELECT 'everybody' AS who, cluster, pool, zone, labels, count(*) AS number FROM node WHERE everybody GROUP BY 2, 3, 4, 5
      UNION ALL
      SELECT 'others', cluster, pool, zone, labels, count(*) FROM node WHERE others GROUP BY 2, 3, 4, 5
    ), kept AS (
      SELECT 'everybody' AS who, cluster, pool, zone, labels, sum(everybody) AS number FROM journal.out_of_service GROUP BY 2, 3, 4, 5
      UNION ALL
      SELECT 'others', cluster, pool, zone, labels, sum(others) FROM journal.out_of_service GROUP BY 2, 3, 4, 5
    )
    SELECT (SELECT coalesce(jsonb_object_agg(concat_ws(' ', who, cluster, pool, zone, labels), number), '{}')
        FROM kept WHERE number <> 0) AS kept,
      (SELECT coalesce(jsonb_object_agg(concat_ws(' ', who, cluster, pool, zone, labels), number), '{}')
        FROM counted) AS counted`);
  const [row] = rows;
  if (row === undefined) throw new Error('one row');
  return row;
}
