import type pg from 'pg';

/** Everything that a schema consists of, one line each, sorted: two schemas are the same if their listings are. */
export async function schemaListing(client: pg.Pool | pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ line: string }>(
    `WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('journal', 'event_log'))
     SELECT format('column %s.%s %s %s%s%s default %s', nspname, relname, attname,
         format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN ' not null' ELSE '' END,
         CASE attidentity WHEN '' THEN '' ELSE ' identity ' || attidentity::text END,
         coalesce(pg_get_expr(adbin, adrelid), 'none')) AS line
       FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid AND relkind IN ('r', 'p', 'v')
       JOIN ours ON ours.oid = relnamespace
       LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
       WHERE attnum > 0 AND NOT attisdropped
     UNION ALL SELECT format('table %s.%s %s %s', nspname, relname, relkind, array_to_string(reloptions, ','))
       FROM pg_class JOIN ours ON ours.oid = relnamespace WHERE relkind IN ('r', 'p')
     UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid)
       FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN ours ON ours.oid = relnamespace
     UNION ALL SELECT format('constraint %s %s', conrelid::regclass, pg_get_constraintdef(pg_constraint.oid))
       FROM pg_constraint JOIN ours ON ours.oid = connamespace WHERE contype <> 'n'
     UNION ALL SELECT format('function %s', md5(pg_get_functiondef(pg_proc.oid))) || ' ' || pg_proc.oid::regprocedure
       FROM pg_proc JOIN ours ON ours.oid = pronamespace
     ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}
