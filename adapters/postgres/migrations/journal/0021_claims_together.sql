-- Commands that ask for leave together are mostly claimed together: each is free, and there is room for all of them. One
-- statement finds those and claims them; the others are looked at one after the other, as in 0017. Plans are made once, in nested loops: what
-- is joined are a few asks with a few rows of tables that may hold many. While there are none every way to find them looks as cheap as
-- any other, so each question leaves one: OFFSET 0 keeps it from being turned into a join with all rows, an array of ids is looked up
-- where a list of them was joined, and `position + 0` is found by no index of positions: that of nodes is the one.

-- As in 0017, and: a counter that is there is not written, and one that was pruned before it was locked is made again.
CREATE OR REPLACE FUNCTION journal.lock_counters(asked jsonb, at bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  names text[] := ARRAY(
    SELECT DISTINCT budget ->> 'counter'
    FROM jsonb_array_elements(asked) AS one, jsonb_array_elements(one -> 'budgets') AS budget
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

-- Claims those of the asked that one by one would all be claimed in any order: open and theirs to begin, held by no change, behind
-- nobody, and of counters that have room for everybody who asks. A counter that is contested leaves all who ask for it out.
-- Commands, locks of nodes and counters are locked.
CREATE FUNCTION journal.claim_uncontested(claimant text, at bigint, lease_until bigint, asked jsonb)
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
      budget.counter, budget.line, budget."yieldsTo" AS yields_to, budget.cap, budget.until, budget.operation
    FROM free CROSS JOIN LATERAL jsonb_to_recordset(free.budgets)
      AS budget (counter text, line text, "yieldsTo" text, cap integer, until text, operation text)
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
      )
      ORDER BY journal.command_rank(c.created_at, c.head_start, c.attempts), c.position LIMIT 1
    ) AS first_command ON true
    LEFT JOIN LATERAL (
      SELECT c.asked_at - c.head_start AS rank FROM journal.change c
      WHERE c.waiting_line = name AND c.waiting_line IS NOT NULL AND c.status = 'waiting' AND c.lease_until > at
      ORDER BY c.asked_at - c.head_start, c.position LIMIT 1
    ) AS first_change ON true
  ), contested AS MATERIALIZED (
    SELECT wanted.counter
    FROM wanted JOIN journal.budget b ON b.counter = wanted.counter
    LEFT JOIN line ON line.name IN (wanted.line, wanted.yields_to)
      AND ((line.rank, line.position) < (wanted.rank, wanted.position) OR line.change_rank < wanted.rank)
    GROUP BY wanted.counter, b.used
    HAVING b.used + count(DISTINCT wanted.id) > min(wanted.cap) OR count(line.name) > 0
  ), plain AS MATERIALIZED (
    SELECT free.id FROM free WHERE NOT EXISTS (
      SELECT FROM wanted JOIN contested ON contested.counter = wanted.counter WHERE wanted.id = free.id
    )
  ), taken AS MATERIALIZED (
    SELECT wanted.* FROM wanted JOIN plain ON plain.id = wanted.id
  ), counted AS (
    UPDATE journal.budget b SET used = b.used + given.number, touched_at = at
    FROM (SELECT counter, count(*) AS number FROM taken GROUP BY counter) AS given WHERE b.counter = given.counter
  ), permitted AS (
    INSERT INTO journal.permit (command_id, counter, process_id, node_key, until, operation, taken_at)
    SELECT taken.id, taken.counter, taken.process_id, taken.node_key, taken.until, taken.operation, at FROM taken
  )
  UPDATE journal.command c
  SET status = 'attempting', due_at = lease_until, claimed_by = claimant, attempts = c.attempts + 1,
      waiting_reason = NULL, waiting_line = NULL, unfinished = c.unfinished OR c.status = 'attempting'
  FROM plain WHERE c.id = plain.id
  RETURNING c.id, c.attempts;
END $$;
REVOKE EXECUTE ON FUNCTION journal.claim_uncontested(text, bigint, bigint, jsonb) FROM PUBLIC;

-- As in 0017, by the index of the node's queue.
CREATE OR REPLACE FUNCTION journal.claim_in_line(
  command_id text, claimant text, at bigint, lease_until bigint, budgets jsonb, needs_leave boolean,
  OUT kind text, OUT attempt integer, OUT refused_by text, OUT refused_why text
) LANGUAGE plpgsql AS $$
DECLARE
  wanted journal.command;
BEGIN
  SELECT * INTO wanted FROM journal.command c WHERE c.id = command_id FOR UPDATE;
  IF NOT FOUND OR wanted.status NOT IN ('waiting', 'attempting') OR wanted.due_at > at OR EXISTS (
    SELECT FROM journal.command earlier
    WHERE earlier.node_key = wanted.node_key AND earlier.position + 0 < wanted.position
      AND earlier.status IN ('waiting', 'attempting')
  ) OR EXISTS (
    SELECT FROM journal.parked_node parked WHERE parked.node_key = wanted.node_key AND parked.kind = 'failed'
  ) THEN
    kind := 'gone';
    RETURN;
  END IF;
  IF needs_leave THEN
    SELECT c.id, 'held' INTO refused_by, refused_why
    FROM journal.change c WHERE c.node_key = wanted.node_key AND c.status = 'granted';
  END IF;
  IF refused_by IS NULL THEN
    SELECT taken.refused_by, taken.refused_why INTO refused_by, refused_why
    FROM journal.take_counters(
      command_id, wanted.process_id, wanted.node_key, at, budgets,
      journal.command_rank(wanted.created_at, wanted.head_start, wanted.attempts), wanted.position, 0
    ) AS taken;
  END IF;
  IF refused_by IS NOT NULL THEN
    kind := 'refused';
    RETURN;
  END IF;
  UPDATE journal.command c
  SET status = 'attempting', due_at = lease_until, claimed_by = claimant, attempts = c.attempts + 1,
      waiting_reason = NULL, waiting_line = NULL, unfinished = c.unfinished OR wanted.status = 'attempting'
  WHERE c.id = command_id
  RETURNING c.attempts INTO attempt;
  kind := 'claimed';
END $$;

-- As in 0017, for those that are not claimed together.
CREATE OR REPLACE FUNCTION journal.claim_in_lines(claimant text, at bigint, lease_until bigint, asked jsonb)
RETURNS TABLE (id text, kind text, attempt integer, refused_by text, refused_why text) LANGUAGE plpgsql AS $$
DECLARE
  ask record;
  claimed text[] := '{}';
  ids text[] := ARRAY(SELECT one ->> 'id' FROM jsonb_array_elements(asked) AS one);
  in_need text[] := ARRAY(
    SELECT one ->> 'id' FROM jsonb_array_elements(asked) AS one WHERE one ? 'guard' OR one -> 'budgets' <> '[]'
  );
BEGIN
  PERFORM FROM journal.command c WHERE c.id = ANY (ids) ORDER BY c.id COLLATE "C" FOR UPDATE;
  PERFORM pg_advisory_xact_lock_shared(7264025, locks.number) FROM (
    SELECT DISTINCT journal.node_lock(c.node_key) AS number
    FROM journal.command c WHERE c.id = ANY (in_need) ORDER BY number
  ) AS locks;
  PERFORM journal.lock_counters(asked, at);
  refused_by := NULL;
  kind := 'claimed';
  FOR id, attempt IN
    SELECT together.id, together.attempt FROM journal.claim_uncontested(claimant, at, lease_until, asked) AS together
  LOOP
    claimed := claimed || id;
    RETURN NEXT;
  END LOOP;
  IF cardinality(claimed) = jsonb_array_length(asked) THEN RETURN; END IF;
  FOR ask IN
    SELECT one ->> 'id' AS command_id, one -> 'budgets' AS budgets, (one ->> 'guard')::bigint AS guard
    FROM jsonb_array_elements(asked) WITH ORDINALITY AS list (one, place)
    WHERE NOT one ->> 'id' = ANY (claimed)
    ORDER BY
      (SELECT min((budget ->> 'counter') COLLATE "C") FROM jsonb_array_elements(one -> 'budgets') AS budget)
        NULLS FIRST,
      place
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
    RETURN NEXT;
  END LOOP;
END $$;
-- As in 0017, by ids.
CREATE OR REPLACE FUNCTION journal.grant_changes(at bigint, asked jsonb)
RETURNS TABLE (id text, kind text, refused_by text, refused_why text) LANGUAGE plpgsql AS $$
DECLARE
  ask record;
  ids text[] := ARRAY(SELECT one ->> 'id' FROM jsonb_array_elements(asked) AS one);
BEGIN
  PERFORM FROM journal.change c WHERE c.id = ANY (ids) ORDER BY c.id COLLATE "C" FOR UPDATE;
  PERFORM pg_advisory_xact_lock(7264025, locks.number) FROM (
    SELECT DISTINCT journal.node_lock(c.node_key) AS number
    FROM journal.change c WHERE c.id = ANY (ids) ORDER BY number
  ) AS locks;
  PERFORM journal.lock_counters(asked, at);
  FOR ask IN
    SELECT one ->> 'id' AS change_id, one -> 'budgets' AS budgets, (one ->> 'guard')::bigint AS guard
    FROM jsonb_array_elements(asked) AS one
      CROSS JOIN LATERAL (SELECT * FROM journal.change WHERE change.id = one ->> 'id' OFFSET 0) AS c
    ORDER BY c.asked_at - c.head_start, c.position
  LOOP
    id := ask.change_id;
    SELECT answer.kind, answer.refused_by, answer.refused_why INTO kind, refused_by, refused_why
    FROM journal.grant_change(ask.change_id, at, ask.budgets, ask.guard) AS answer;
    RETURN NEXT;
  END LOOP;
END $$;

ALTER FUNCTION journal.claim_in_lines(text, bigint, bigint, jsonb) SET enable_seqscan = off;
ALTER FUNCTION journal.claim_in_lines(text, bigint, bigint, jsonb) SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION journal.grant_changes(bigint, jsonb) SET enable_seqscan = off;
ALTER FUNCTION journal.grant_changes(bigint, jsonb) SET plan_cache_mode = force_generic_plan;
