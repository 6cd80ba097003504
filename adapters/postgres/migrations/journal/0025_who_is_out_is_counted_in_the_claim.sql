-- Who is out of service is counted in the claim, and no longer in a picture that was made before it: what had been given back in between, of a node
-- that stays out, counted neither way. And what has to stay healthy is counted by nodes, whoever has leave for them and by which counter.

-- With the name itself, so that it is counted without a look at the nodes.
CREATE INDEX fleet_member_out ON journal.fleet_member ((cluster || '/')) INCLUDE (cluster) WHERE unavailable;

-- How much of a counter is taken, with whom it counts as out of service, of these without some nodes; counted up to what is enough to know. Nodes of
-- which nobody knows what state they are in (parked) are out. As in 0021, each question leaves one way to be answered.
CREATE FUNCTION journal.taken(used integer, out_of_service jsonb, but text[], enough integer) RETURNS integer
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  of_cluster text := out_of_service ->> 'cluster';
  -- Which places are meant; null is any.
  of_pools jsonb := out_of_service #> '{where,pools}';
  of_zones jsonb := out_of_service #> '{where,zones}';
  of_labels jsonb := nullif(out_of_service #> '{where,labels}', '{}');
  sum integer := CASE out_of_service ->> 'who' WHEN 'everybody' THEN 0 ELSE used END;
  others integer;
  granted integer;
BEGIN
  IF out_of_service IS NULL OR sum >= enough THEN RETURN sum; END IF;
  SELECT count(*) INTO others FROM (
    SELECT FROM (
      SELECT m.node_key, m.pool, m.zone, m.labels FROM journal.fleet_member m
      WHERE m.cluster || '/' = of_cluster || '/' COLLATE "default" AND m.unavailable
      UNION ALL
      SELECT m.node_key, m.pool, m.zone, m.labels FROM journal.parked_node parked
        CROSS JOIN LATERAL (SELECT * FROM journal.fleet_member WHERE fleet_member.node_key = parked.node_key OFFSET 0) AS m
      WHERE parked.kind = 'failed' AND m.cluster = of_cluster COLLATE "default" AND NOT m.unavailable
    ) AS away
    WHERE away.node_key <> ALL (but) AND (of_pools IS NULL OR of_pools ? away.pool) AND (of_zones IS NULL OR of_zones ? away.zone)
      AND (of_labels IS NULL OR NOT EXISTS (
        SELECT FROM jsonb_each(of_labels) AS named WHERE (named.value ? (away.labels ->> named.key)) IS NOT TRUE
      ))
      AND NOT EXISTS (SELECT FROM journal.permit p WHERE p.node_key = away.node_key AND p.until = 'returned' OFFSET 0)
    LIMIT enough - sum
  ) AS counted;
  sum := sum + others;
  IF out_of_service ->> 'who' = 'others' OR sum >= enough THEN RETURN sum; END IF;
  SELECT count(*) INTO granted FROM (
    SELECT FROM (
      SELECT DISTINCT p.node_key FROM journal.permit p
      WHERE p.until = 'returned' AND p.node_key >= of_cluster || '/' COLLATE "C" AND p.node_key < of_cluster || '0' COLLATE "C"
    ) AS held CROSS JOIN LATERAL (SELECT * FROM journal.fleet_member WHERE fleet_member.node_key = held.node_key OFFSET 0) AS m
    WHERE m.node_key <> ALL (but) AND (of_pools IS NULL OR of_pools ? m.pool) AND (of_zones IS NULL OR of_zones ? m.zone)
      AND (of_labels IS NULL OR NOT EXISTS (
        SELECT FROM jsonb_each(of_labels) AS named WHERE (named.value ? (m.labels ->> named.key)) IS NOT TRUE
      ))
    LIMIT enough - sum
  ) AS counted;
  RETURN sum + granted;
END $$;
REVOKE EXECUTE ON FUNCTION journal.taken(integer, jsonb, text[], integer) FROM PUBLIC;

-- No fewer than are out of service in a cluster: mostly it is enough to know that there is room for all of them.
CREATE FUNCTION journal.most_out(of_cluster text, who text) RETURNS bigint LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN (SELECT count(*) FROM journal.fleet_member m WHERE m.cluster || '/' = of_cluster || '/' AND m.unavailable)
    + (SELECT count(*) FROM journal.parked_node parked WHERE parked.kind = 'failed')
    + CASE who WHEN 'everybody' THEN (
        SELECT count(*) FROM journal.permit p
        WHERE p.until = 'returned' AND p.node_key >= of_cluster || '/' COLLATE "C" AND p.node_key < of_cluster || '0' COLLATE "C"
      ) ELSE 0 END;
END $$;
REVOKE EXECUTE ON FUNCTION journal.most_out(text, text) FROM PUBLIC;

-- So many nodes of a cluster are not out of service any more: the first in each line of nodes in service need not wait any longer. Returns whether
-- there are any.
CREATE FUNCTION journal.came_back(of_cluster text, number bigint) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  of_line text := '';
  of_node text;
BEGIN
  WHILE number > 0 LOOP
    SELECT c.waiting_line, c.node_key INTO of_line, of_node FROM journal.command c
    WHERE c.status = 'waiting' AND c.waiting_line IS NOT NULL AND c.waiting_line > of_line
    ORDER BY c.waiting_line, journal.command_rank(c.created_at, c.head_start, c.attempts), c.position LIMIT 1;
    EXIT WHEN NOT FOUND;
    IF starts_with(of_node, of_cluster || '/') AND of_line NOT LIKE '%/unavailable' THEN
      PERFORM journal.wake_line(of_line, least(number, 16)::integer);
    END IF;
  END LOOP;
  RETURN number > 0;
END $$;
REVOKE EXECUTE ON FUNCTION journal.came_back(text, bigint) FROM PUBLIC;

-- As in 0021, and: whoever counts what stays healthy does so alone in its cluster, since budgets of other names and owners count the same nodes.
CREATE OR REPLACE FUNCTION journal.lock_counters(asked jsonb, at bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  names text[] := ARRAY(
    SELECT DISTINCT name.counter
    FROM jsonb_array_elements(asked) AS one, jsonb_array_elements(one -> 'budgets') AS budget,
      unnest(ARRAY[
        budget ->> 'counter',
        CASE budget #>> '{outOfService,who}' WHEN 'everybody' THEN 'healthy/' || (budget #>> '{outOfService,cluster}') END
      ]) AS name (counter)
    WHERE name.counter IS NOT NULL
  );
  locked integer := 0;
BEGIN
  WHILE locked < cardinality(names) LOOP
    -- Made before any is locked: who waits for a counter that is being made holds none.
    IF (SELECT count(*) FROM journal.budget b WHERE b.counter = ANY (names)) < cardinality(names) THEN
      INSERT INTO journal.budget (counter, used, touched_at)
      SELECT counter, 0, at FROM unnest(names) AS name (counter) ORDER BY counter COLLATE "C"
      ON CONFLICT DO NOTHING;
    END IF;
    PERFORM FROM journal.budget b WHERE b.counter = ANY (names) ORDER BY b.counter COLLATE "C" FOR UPDATE;
    GET DIAGNOSTICS locked = ROW_COUNT;
  END LOOP;
END $$;

-- As in 0019, and: with whom the counter counts as out of service.
CREATE OR REPLACE FUNCTION journal.take_counters(
  taker text, holder text, node text, at bigint, budgets jsonb,
  my_rank bigint, command_position bigint, change_position bigint,
  OUT refused_by text, OUT refused_why text
) LANGUAGE plpgsql AS $$
DECLARE
  -- What an earlier attempt took and still holds, and what its process took and holds until the node is returned.
  taken text[];
  kept text[];
  wanted jsonb;
BEGIN
  -- Called with a node's key, whose collation is "C", all texts of this function are: by another collation than its own no index helps.
  SELECT array_agg(p.counter) FILTER (WHERE p.command_id = taker), array_agg(p.counter) FILTER (WHERE p.until = 'returned')
    INTO taken, kept FROM journal.permit p WHERE p.process_id = holder COLLATE "default";
  wanted := (
    SELECT jsonb_agg(asked) FROM jsonb_array_elements(budgets) AS asked
    WHERE (asked ->> 'counter' = ANY (taken)) IS NOT TRUE
      AND (asked ->> 'until' = 'returned' AND asked ->> 'counter' = ANY (kept)) IS NOT TRUE
  );
  SELECT b.counter, CASE WHEN counted.taken < ask.cap THEN 'behind' ELSE 'full' END INTO refused_by, refused_why
  FROM jsonb_to_recordset(wanted) AS ask (counter text, line text, "yieldsTo" text, cap integer, "outOfService" jsonb)
  JOIN journal.budget b ON b.counter = ask.counter
  CROSS JOIN LATERAL (SELECT journal.taken(b.used, ask."outOfService", ARRAY[node], ask.cap) AS taken OFFSET 0) AS counted
  WHERE counted.taken >= ask.cap OR journal.others_come_first(
    ARRAY[ask.line, ask."yieldsTo"], at, my_rank, command_position, change_position
  )
  ORDER BY b.counter COLLATE "C" LIMIT 1;
  IF refused_by IS NOT NULL THEN RETURN; END IF;
  UPDATE journal.budget b SET used = b.used + 1, touched_at = at
  FROM jsonb_to_recordset(wanted) AS ask (counter text) WHERE b.counter = ask.counter;
  INSERT INTO journal.permit (command_id, counter, process_id, node_key, until, operation, taken_at)
  SELECT taker, ask.counter, holder, node, ask.until, ask.operation, at
  FROM jsonb_to_recordset(wanted) AS ask (counter text, until text, operation text);
END $$;

-- As in 0023, likewise.
CREATE OR REPLACE FUNCTION journal.claim_uncontested(claimant text, at bigint, lease_until bigint, asked jsonb)
RETURNS TABLE (id text, attempt integer) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY WITH ask AS MATERIALIZED (
    SELECT one ->> 'id' AS id, one -> 'budgets' AS budgets, (one ->> 'guard')::bigint AS guard
    FROM jsonb_array_elements(asked) AS one
  ), free AS MATERIALIZED (
    SELECT c.id, c.process_id, c.node_key, c.position, ask.budgets,
      journal.command_rank(c.created_at, c.head_start, c.attempts) AS rank
    FROM ask CROSS JOIN LATERAL (SELECT * FROM journal.command WHERE command.id = ask.id OFFSET 0) AS c
    WHERE c.status IN ('waiting', 'attempting') AND c.due_at <= at
      AND (ask.guard IS NULL OR ask.guard = (SELECT guard_version FROM journal.installation))
      AND NOT EXISTS (
        SELECT FROM journal.command earlier
        WHERE earlier.node_key = c.node_key AND earlier.position + 0 < c.position
          AND earlier.status IN ('waiting', 'attempting') OFFSET 0
      )
      AND NOT EXISTS (
        SELECT FROM journal.parked_node parked WHERE parked.node_key = c.node_key AND parked.kind = 'failed' OFFSET 0
      )
      AND ((ask.guard IS NULL AND ask.budgets = '[]') OR NOT EXISTS (
        SELECT FROM journal.change held WHERE held.node_key = c.node_key AND held.status = 'granted' OFFSET 0
      ))
  ), wanted AS MATERIALIZED (
    SELECT free.id, free.process_id, free.node_key, free.rank, free.position,
      budget.counter, budget.line, budget."yieldsTo" AS yields_to, budget.cap, budget.until, budget.operation,
      budget."outOfService" AS out_of_service
    FROM free CROSS JOIN LATERAL jsonb_to_recordset(free.budgets)
      AS budget (counter text, line text, "yieldsTo" text, cap integer, until text, operation text, "outOfService" jsonb)
    -- What an earlier attempt took, and what the process keeps until the node is returned, is not taken twice.
    WHERE NOT EXISTS (
      SELECT FROM journal.permit p
      WHERE p.process_id = free.process_id AND p.counter = budget.counter
        AND (p.command_id = free.id OR (p.until = 'returned' AND budget.until = 'returned')) OFFSET 0
    )
  ), line AS MATERIALIZED (
    SELECT name, first_command.rank, first_command.position, first_change.rank AS change_rank
    FROM (SELECT line AS name FROM wanted UNION SELECT yields_to FROM wanted) AS named
    LEFT JOIN LATERAL (
      SELECT journal.command_rank(c.created_at, c.head_start, c.attempts) AS rank, c.position
      FROM journal.command c
      WHERE c.waiting_line = name AND c.waiting_line IS NOT NULL AND c.status = 'waiting' AND NOT EXISTS (
        SELECT FROM journal.parked_node parked WHERE parked.node_key = c.node_key AND parked.kind = 'failed' OFFSET 0
      ) AND NOT EXISTS (SELECT FROM free WHERE free.id = c.id OFFSET 0)
      ORDER BY journal.command_rank(c.created_at, c.head_start, c.attempts), c.position LIMIT 1
    ) AS first_command ON true
    LEFT JOIN LATERAL (
      SELECT c.asked_at - c.head_start AS rank FROM journal.change c
      WHERE c.waiting_line = name AND c.waiting_line IS NOT NULL AND c.status = 'waiting' AND c.lease_until > at
      ORDER BY c.asked_at - c.head_start, c.position LIMIT 1
    ) AS first_change ON true
  ), away AS MATERIALIZED (
    SELECT named.cluster, named.who, journal.most_out(named.cluster, named.who) AS number FROM (
      SELECT DISTINCT out_of_service ->> 'cluster' AS cluster, out_of_service ->> 'who' AS who FROM wanted
      WHERE out_of_service IS NOT NULL
    ) AS named
  ), taken AS MATERIALIZED (
    SELECT counted.counter, max(CASE
      WHEN b.used + coalesce(away.number, 0) + counted.asking <= counted.cap THEN b.used + coalesce(away.number, 0)
      ELSE journal.taken(b.used, counted.out_of_service, counted.nodes, counted.cap + 1) END) AS number
    FROM (
      SELECT counter, out_of_service, array_agg(node_key) AS nodes, count(DISTINCT id) AS asking, min(cap) AS cap
      FROM wanted GROUP BY counter, out_of_service
    ) AS counted JOIN journal.budget b ON b.counter = counted.counter
    LEFT JOIN away ON away.cluster = counted.out_of_service ->> 'cluster' AND away.who = counted.out_of_service ->> 'who'
    GROUP BY counted.counter
  ), contested AS MATERIALIZED (
    SELECT wanted.counter, min(wanted.line) AS line
    FROM wanted JOIN taken ON taken.counter = wanted.counter
    LEFT JOIN line ON line.name IN (wanted.line, wanted.yields_to)
      AND ((line.rank, line.position) < (wanted.rank, wanted.position) OR line.change_rank < wanted.rank)
    GROUP BY wanted.counter, taken.number
    HAVING taken.number + count(DISTINCT wanted.id) > min(wanted.cap) OR count(line.name) > 0
  ), plain AS MATERIALIZED (
    SELECT free.id FROM free WHERE NOT EXISTS (
      SELECT FROM wanted JOIN contested ON contested.counter = wanted.counter OR contested.line IN (wanted.line, wanted.yields_to)
      WHERE wanted.id = free.id
    )
  ), granted AS MATERIALIZED (
    SELECT wanted.* FROM wanted JOIN plain ON plain.id = wanted.id
  ), counted AS (
    UPDATE journal.budget b SET used = b.used + given.number, touched_at = at
    FROM (SELECT counter, count(*) AS number FROM granted GROUP BY counter) AS given WHERE b.counter = given.counter
  ), permitted AS (
    INSERT INTO journal.permit (command_id, counter, process_id, node_key, until, operation, taken_at)
    SELECT granted.id, granted.counter, granted.process_id, granted.node_key, granted.until, granted.operation, at FROM granted
  )
  UPDATE journal.command c
  SET status = 'attempting', due_at = lease_until, claimed_by = claimant, attempts = c.attempts + 1,
      waiting_reason = NULL, waiting_line = NULL, unfinished = c.unfinished OR c.status = 'attempting'
  FROM plain WHERE c.id = plain.id
  RETURNING c.id, c.attempts;
END $$;

-- As in 0023, likewise.
CREATE OR REPLACE FUNCTION journal.claim_in_lines(claimant text, at bigint, lease_until bigint, asked jsonb)
RETURNS TABLE (id text, kind text, attempt integer, refused_by text, refused_why text, left_line boolean) LANGUAGE plpgsql
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  ask record;
  claimed text[] := '{}';
  ids text[] := ARRAY(SELECT one ->> 'id' FROM jsonb_array_elements(asked) AS one);
  in_need text[] := ARRAY(
    SELECT one ->> 'id' FROM jsonb_array_elements(asked) AS one WHERE one ? 'guard' OR one -> 'budgets' <> '[]'
  );
  -- The line that each of them stood in.
  stood jsonb;
BEGIN
  PERFORM FROM journal.command c WHERE c.id = ANY (ids) ORDER BY c.id COLLATE "C" FOR UPDATE;
  PERFORM pg_advisory_xact_lock_shared(7264025, locks.number) FROM (
    SELECT DISTINCT journal.node_lock(c.node_key) AS number
    FROM journal.command c WHERE c.id = ANY (in_need) ORDER BY number
  ) AS locks;
  PERFORM journal.lock_counters(asked, at);
  SELECT coalesce(jsonb_object_agg(c.id, c.waiting_line) FILTER (WHERE c.waiting_line IS NOT NULL AND c.status = 'waiting'), '{}')
  INTO stood FROM journal.command c WHERE c.id = ANY (ids);
  refused_by := NULL;
  kind := 'claimed';
  FOR id, attempt IN
    SELECT together.id, together.attempt FROM journal.claim_uncontested(claimant, at, lease_until, asked) AS together
  LOOP
    claimed := claimed || id;
    left_line := stood ? id;
    RETURN NEXT;
  END LOOP;
  IF cardinality(claimed) < jsonb_array_length(asked) THEN
    FOR ask IN
      SELECT one ->> 'id' AS command_id, one -> 'budgets' AS budgets, (one ->> 'guard')::bigint AS guard
      FROM jsonb_array_elements(asked) AS one
        LEFT JOIN LATERAL (SELECT * FROM journal.command WHERE command.id = one ->> 'id' OFFSET 0) AS c ON true
      WHERE NOT one ->> 'id' = ANY (claimed)
      ORDER BY journal.command_rank(c.created_at, c.head_start, c.attempts), c.position
    LOOP
      id := ask.command_id;
      IF ask.guard <> (SELECT guard_version FROM journal.installation) THEN
        SELECT 'refused', NULL, NULL, 'changed' INTO kind, attempt, refused_by, refused_why;
      ELSE
        SELECT answer.kind, answer.attempt, answer.refused_by, answer.refused_why
        INTO kind, attempt, refused_by, refused_why
        FROM journal.claim_in_line(
          ask.command_id, claimant, at, lease_until, ask.budgets, ask.guard IS NOT NULL OR ask.budgets <> '[]'
        ) AS answer;
      END IF;
      IF kind = 'claimed' THEN claimed := claimed || id; END IF;
      left_line := stood ? id AND kind = 'claimed';
      RETURN NEXT;
    END LOOP;
  END IF;
  PERFORM journal.move_on(place.line, least(place.room, 16)::integer) FROM (
    SELECT lined.line, coalesce(min(wish.cap - journal.taken(b.used, wish.out_of_service, '{}', wish.cap)), 1) AS room
    FROM (
      SELECT DISTINCT stood ->> (one ->> 'id') AS line FROM jsonb_array_elements(asked) AS one
      WHERE stood ? (one ->> 'id') AND one ->> 'id' = ANY (claimed)
    ) AS lined LEFT JOIN LATERAL (
      SELECT DISTINCT wish ->> 'counter' AS counter, (wish ->> 'cap')::integer AS cap, wish -> 'outOfService' AS out_of_service
      FROM jsonb_array_elements(asked) AS one, jsonb_array_elements(one -> 'budgets') AS wish
      WHERE one ->> 'id' = ANY (claimed) AND lined.line IN (wish ->> 'line', wish ->> 'yieldsTo')
    ) AS wish ON true
      LEFT JOIN LATERAL (SELECT used FROM journal.budget WHERE budget.counter = wish.counter OFFSET 0) AS b ON true
    GROUP BY lined.line
  ) AS place WHERE place.room > 0;
END $$;
