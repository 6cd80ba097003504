-- How many nodes are out of service is kept, and no longer counted in each claim: where ten thousand were out by leave, each claim that minds what stays
-- healthy read all their permits. See docs/decisions/0039.

-- Whether a node is in service: a row for each member of the fleet, and for each node that somebody has leave to take out. Both tables that say so
-- write this row and nothing else of each other's, so whoever comes second waits for the first, and neither has to see what the other does.
CREATE TABLE journal.node_service (
  node_key text COLLATE "C" PRIMARY KEY,
  -- Null: not in the inventory, and counted nowhere.
  cluster text,
  pool text,
  zone text,
  labels jsonb,
  unavailable boolean NOT NULL DEFAULT false,
  -- How many permits somebody holds until the node is returned.
  held integer NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- By place, how many nodes are out of service: `everybody` has those that are unavailable or that somebody has leave to take out, `others` those that
-- are unavailable without anybody's leave. Their number is the sum of all rows: each change adds one, so that no claim of a cluster waits for another one.
CREATE TABLE journal.out_of_service (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster text NOT NULL,
  pool text NOT NULL,
  zone text NOT NULL,
  labels jsonb NOT NULL,
  everybody integer NOT NULL,
  others integer NOT NULL
) WITH (autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_insert_threshold = -1);
CREATE INDEX out_of_service_by_cluster ON journal.out_of_service (cluster);

-- Rows of one place become one. Those that another transaction is just folding are its own.
CREATE FUNCTION journal.fold_out_of_service() RETURNS void LANGUAGE sql AS $$
  WITH folded AS (
    DELETE FROM journal.out_of_service WHERE position = ANY (ARRAY(
      SELECT position FROM journal.out_of_service FOR UPDATE SKIP LOCKED
    )) RETURNING *
  )
  INSERT INTO journal.out_of_service (cluster, pool, zone, labels, everybody, others)
  SELECT cluster, pool, zone, labels, sum(everybody), sum(others) FROM folded
  GROUP BY cluster, pool, zone, labels HAVING sum(everybody) <> 0 OR sum(others) <> 0
$$;
REVOKE EXECUTE ON FUNCTION journal.fold_out_of_service() FROM PUBLIC;

CREATE FUNCTION journal.add_out_of_service(node journal.node_service, number integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  place bigint;
BEGIN
  IF node.cluster IS NULL OR NOT (node.unavailable OR node.held > 0) THEN RETURN; END IF;
  INSERT INTO journal.out_of_service (cluster, pool, zone, labels, everybody, others)
  VALUES (node.cluster, node.pool, node.zone, node.labels, number, CASE WHEN node.held > 0 THEN 0 ELSE number END)
  RETURNING position INTO place;
  IF place % 256 = 0 THEN PERFORM journal.fold_out_of_service(); END IF;
END $$;
REVOKE EXECUTE ON FUNCTION journal.add_out_of_service(journal.node_service, integer) FROM PUBLIC;

CREATE FUNCTION journal.count_out_of_service() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN PERFORM journal.add_out_of_service(OLD, -1); END IF;
  IF TG_OP <> 'DELETE' THEN PERFORM journal.add_out_of_service(NEW, 1); END IF;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION journal.count_out_of_service() FROM PUBLIC;
CREATE TRIGGER came_out_of_service AFTER INSERT ON journal.node_service FOR EACH ROW
  WHEN (NEW.unavailable OR NEW.held > 0) EXECUTE FUNCTION journal.count_out_of_service();
CREATE TRIGGER is_otherwise_in_service AFTER UPDATE ON journal.node_service FOR EACH ROW
  WHEN ((OLD.cluster, OLD.pool, OLD.zone, OLD.labels, OLD.unavailable OR OLD.held > 0, OLD.held > 0)
    IS DISTINCT FROM (NEW.cluster, NEW.pool, NEW.zone, NEW.labels, NEW.unavailable OR NEW.held > 0, NEW.held > 0))
  EXECUTE FUNCTION journal.count_out_of_service();
CREATE TRIGGER left_out_of_service AFTER DELETE ON journal.node_service FOR EACH ROW
  WHEN (OLD.unavailable OR OLD.held > 0) EXECUTE FUNCTION journal.count_out_of_service();

-- Rows of nodes are locked in the order of their names, and before any budget: by whoever claims, gives back or writes the inventory. Those that are
-- missing are made before any is locked: who waits for one that is being made holds none.
CREATE FUNCTION journal.lock_services(nodes text[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  names text[] := ARRAY(SELECT DISTINCT name FROM unnest(nodes) AS name);
  locked integer := 0;
BEGIN
  WHILE locked < cardinality(names) LOOP
    IF (SELECT count(*) FROM journal.node_service n WHERE n.node_key = ANY (names)) < cardinality(names) THEN
      INSERT INTO journal.node_service (node_key) SELECT name FROM unnest(names) AS name ORDER BY name COLLATE "C" ON CONFLICT DO NOTHING;
    END IF;
    PERFORM FROM journal.node_service n WHERE n.node_key = ANY (names) ORDER BY n.node_key FOR NO KEY UPDATE;
    GET DIAGNOSTICS locked = ROW_COUNT;
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION journal.lock_services(text[]) FROM PUBLIC;

-- What the inventory says. Whoever only saw the same again writes nothing here.
CREATE FUNCTION journal.service_of_members() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = off
AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO journal.node_service (node_key, cluster, pool, zone, labels, unavailable)
    SELECT m.node_key, m.cluster, m.pool, m.zone, m.labels, m.unavailable FROM members_after AS m ORDER BY m.node_key
    ON CONFLICT (node_key) DO UPDATE SET cluster = excluded.cluster, pool = excluded.pool, zone = excluded.zone,
      labels = excluded.labels, unavailable = excluded.unavailable;
  ELSE
    INSERT INTO journal.node_service (node_key, cluster, pool, zone, labels, unavailable)
    SELECT m.node_key, m.cluster, m.pool, m.zone, m.labels, m.unavailable
    FROM members_after AS m JOIN members_before AS b ON b.node_key = m.node_key
    WHERE (m.cluster, m.pool, m.zone, m.labels, m.unavailable) IS DISTINCT FROM (b.cluster, b.pool, b.zone, b.labels, b.unavailable)
    ORDER BY m.node_key
    ON CONFLICT (node_key) DO UPDATE SET cluster = excluded.cluster, pool = excluded.pool, zone = excluded.zone,
      labels = excluded.labels, unavailable = excluded.unavailable;
  END IF;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION journal.service_of_members() FROM PUBLIC;
CREATE TRIGGER members_joined AFTER INSERT ON journal.fleet_member REFERENCING NEW TABLE AS members_after
  FOR EACH STATEMENT EXECUTE FUNCTION journal.service_of_members();
CREATE TRIGGER members_changed AFTER UPDATE ON journal.fleet_member
  REFERENCING OLD TABLE AS members_before NEW TABLE AS members_after
  FOR EACH STATEMENT EXECUTE FUNCTION journal.service_of_members();

CREATE FUNCTION journal.forget_services(nodes text[]) RETURNS void LANGUAGE sql AS $$
  DELETE FROM journal.node_service n WHERE n.node_key = ANY (nodes) AND n.cluster IS NULL AND n.held <= 0
$$;
REVOKE EXECUTE ON FUNCTION journal.forget_services(text[]) FROM PUBLIC;

CREATE FUNCTION journal.service_of_gone_members() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  nodes text[] := ARRAY(SELECT node_key FROM members_before);
BEGIN
  PERFORM journal.lock_services(nodes);
  UPDATE journal.node_service n SET cluster = NULL, pool = NULL, zone = NULL, labels = NULL, unavailable = false
  WHERE n.node_key = ANY (nodes);
  PERFORM journal.forget_services(nodes);
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION journal.service_of_gone_members() FROM PUBLIC;
CREATE TRIGGER members_left AFTER DELETE ON journal.fleet_member REFERENCING OLD TABLE AS members_before
  FOR EACH STATEMENT EXECUTE FUNCTION journal.service_of_gone_members();

-- What somebody has leave for.
CREATE FUNCTION journal.service_of_permits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO journal.node_service AS known (node_key, held)
  SELECT node_key, count(*) FROM permits_after WHERE until = 'returned' GROUP BY node_key ORDER BY node_key
  ON CONFLICT (node_key) DO UPDATE SET held = known.held + excluded.held;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION journal.service_of_permits() FROM PUBLIC;
CREATE TRIGGER permits_taken AFTER INSERT ON journal.permit REFERENCING NEW TABLE AS permits_after
  FOR EACH STATEMENT EXECUTE FUNCTION journal.service_of_permits();

CREATE FUNCTION journal.service_of_gone_permits() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  nodes text[] := ARRAY(SELECT DISTINCT node_key FROM permits_before WHERE until = 'returned');
BEGIN
  IF nodes = '{}' THEN RETURN NULL; END IF;
  PERFORM journal.lock_services(nodes);
  UPDATE journal.node_service n SET held = n.held - given.number
  FROM (SELECT node_key, count(*) AS number FROM permits_before WHERE until = 'returned' GROUP BY node_key) AS given
  WHERE n.node_key = given.node_key;
  PERFORM journal.forget_services(nodes);
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION journal.service_of_gone_permits() FROM PUBLIC;
CREATE TRIGGER permits_given_back AFTER DELETE ON journal.permit REFERENCING OLD TABLE AS permits_before
  FOR EACH STATEMENT EXECUTE FUNCTION journal.service_of_gone_permits();

-- What was there before: no one writes either table meanwhile, since a trigger is made only when nobody does.
INSERT INTO journal.node_service (node_key, cluster, pool, zone, labels, unavailable)
SELECT node_key, cluster, pool, zone, labels, unavailable FROM journal.fleet_member;
INSERT INTO journal.node_service AS known (node_key, held)
SELECT node_key, count(*) FROM journal.permit WHERE until = 'returned' GROUP BY node_key
ON CONFLICT (node_key) DO UPDATE SET held = excluded.held;
SELECT journal.fold_out_of_service();

-- Whether a node has one of the values that are wanted of each label.
CREATE FUNCTION journal.is_labelled(labels jsonb, wanted jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT NOT EXISTS (SELECT FROM jsonb_each(wanted) AS named WHERE (named.value ? (labels ->> named.key)) IS NOT TRUE)
$$;
REVOKE EXECUTE ON FUNCTION journal.is_labelled(jsonb, jsonb) FROM PUBLIC;

-- As in 0025, by what is kept. Nodes of which nobody knows what state they are in (parked) are few, and are looked at.
CREATE OR REPLACE FUNCTION journal.taken(used integer, out_of_service jsonb, but text[], enough integer) RETURNS integer
LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  of_cluster text := out_of_service ->> 'cluster';
  are_all boolean := out_of_service ->> 'who' = 'everybody';
  -- Which places are meant; null is any.
  of_pools jsonb := out_of_service #> '{where,pools}';
  of_zones jsonb := out_of_service #> '{where,zones}';
  of_labels jsonb := nullif(out_of_service #> '{where,labels}', '{}');
  sum integer := CASE WHEN are_all THEN 0 ELSE used END;
  kept integer;
  parked integer;
  asking integer;
BEGIN
  IF out_of_service IS NULL OR sum >= enough THEN RETURN sum; END IF;
  SELECT coalesce(sum(CASE WHEN are_all THEN place.everybody ELSE place.others END), 0) INTO kept
  FROM journal.out_of_service AS place
  WHERE place.cluster = of_cluster AND (of_pools IS NULL OR of_pools ? place.pool) AND (of_zones IS NULL OR of_zones ? place.zone)
    AND (of_labels IS NULL OR journal.is_labelled(place.labels, of_labels));
  SELECT count(*) INTO parked FROM journal.parked_node AS resting
    CROSS JOIN LATERAL (SELECT * FROM journal.node_service WHERE node_service.node_key = resting.node_key OFFSET 0) AS n
  WHERE resting.kind = 'failed' AND n.cluster = of_cluster AND NOT n.unavailable AND n.held <= 0 AND n.node_key <> ALL (but)
    AND (of_pools IS NULL OR of_pools ? n.pool) AND (of_zones IS NULL OR of_zones ? n.zone)
    AND (of_labels IS NULL OR journal.is_labelled(n.labels, of_labels));
  SELECT count(*) INTO asking FROM journal.node_service AS n
  WHERE n.node_key = ANY (but) AND n.cluster = of_cluster
    AND CASE WHEN are_all THEN n.unavailable OR n.held > 0 ELSE n.unavailable AND n.held <= 0 END
    AND (of_pools IS NULL OR of_pools ? n.pool) AND (of_zones IS NULL OR of_zones ? n.zone)
    AND (of_labels IS NULL OR journal.is_labelled(n.labels, of_labels));
  RETURN sum + kept + parked - asking;
END $$;

-- As in 0025, and: the rows of the nodes that are to be taken out come first.
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
  PERFORM journal.lock_services(ARRAY(
    SELECT asking.node_key FROM jsonb_array_elements(asked) AS one CROSS JOIN LATERAL (
      SELECT c.node_key FROM journal.command c WHERE c.id = one ->> 'id'
      UNION ALL
      SELECT c.node_key FROM journal.change c WHERE c.id = one ->> 'id'
    ) AS asking WHERE one -> 'budgets' @> '[{"until": "returned"}]'
  ));
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

-- As in 0014, and: what is given back until a node is returned is given back by who holds the node's row, before any budget.
CREATE OR REPLACE FUNCTION journal.release_permits(commands text[], processes text[], kinds text[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  given integer;
BEGIN
  IF 'returned' = ANY (kinds) THEN
    PERFORM journal.lock_services(ARRAY(
      SELECT DISTINCT node_key FROM journal.permit
      WHERE (command_id = ANY (commands) OR process_id = ANY (processes)) AND until = 'returned'
    ));
  END IF;
  WITH gone AS (
    DELETE FROM journal.permit
    WHERE (command_id = ANY (commands) OR process_id = ANY (processes)) AND until = ANY (kinds)
    RETURNING counter, until
  )
  SELECT journal.give_back(array_agg(counter)) INTO given FROM gone WHERE until <> 'never';
  RETURN given;
END $$;

CREATE OR REPLACE FUNCTION journal.release_settled(
  settled text[], returning_commands text[], returning_processes text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  given integer;
BEGIN
  IF returning_commands <> '{}' OR returning_processes <> '{}' THEN
    PERFORM journal.lock_services(ARRAY(
      SELECT DISTINCT node_key FROM journal.permit
      WHERE (command_id = ANY (returning_commands) OR process_id = ANY (returning_processes)) AND until = 'returned'
    ));
  END IF;
  WITH gone AS (
    DELETE FROM journal.permit p
    WHERE (p.command_id = ANY (settled) AND p.until = 'settled')
      OR ((p.command_id = ANY (returning_commands) OR p.process_id = ANY (returning_processes))
        AND p.until IN ('settled', 'returned'))
    RETURNING p.counter
  )
  SELECT journal.give_back(array_agg(counter)) INTO given FROM gone;
END $$;

-- As in 0028, by what is kept. `counter || ''` is found by no index: counted while nobody had a permit, that of commands and counters seemed as good as that of
-- processes, and each claim then skipped through all permits there are.
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
      WHERE p.process_id = free.process_id AND p.counter || '' = budget.counter
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
  ), kept AS MATERIALIZED (
    SELECT DISTINCT keeper.name FROM (
      SELECT unnest(c.kept_lines) AS name FROM journal.command c WHERE c.status = 'waiting' AND c.kept_lines IS NOT NULL
      UNION ALL
      SELECT unnest(c.kept_lines) FROM journal.change c WHERE c.status = 'waiting' AND c.kept_lines IS NOT NULL
    ) AS keeper
  ), taken AS MATERIALIZED (
    SELECT counted.counter, max(journal.taken(b.used, counted.out_of_service, counted.nodes, counted.cap + 1)) AS number
    FROM (
      SELECT counter, out_of_service, array_agg(node_key) AS nodes, min(cap) AS cap
      FROM wanted GROUP BY counter, out_of_service
    ) AS counted JOIN journal.budget b ON b.counter = counted.counter
    GROUP BY counted.counter
  ), contested AS MATERIALIZED (
    SELECT wanted.counter, min(wanted.line) AS line
    FROM wanted JOIN taken ON taken.counter = wanted.counter
    LEFT JOIN line ON line.name IN (wanted.line, wanted.yields_to)
      AND ((line.rank, line.position) < (wanted.rank, wanted.position) OR line.change_rank < wanted.rank)
    LEFT JOIN kept ON kept.name IN (wanted.line, wanted.yields_to)
    GROUP BY wanted.counter, taken.number
    HAVING taken.number + count(DISTINCT wanted.id) > min(wanted.cap) OR count(line.name) > 0 OR count(kept.name) > 0
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

DROP FUNCTION journal.most_out(text, text);
