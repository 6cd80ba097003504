-- Who is refused by a counter stands in its line by the same statement, and whoever leaves a line wakes the next in it. Before, the
-- line was entered by a later statement, so that what was given back in between woke nobody, and those behind the one that slept
-- were refused too: a thousand commands with room for all of them rested for up to three times 15 s.

-- Of the first so many in a line those that sleep need not any longer. One that is just being claimed is passed over, since whoever
-- claims holds its row and may want the budget that is held here. Returns how many it was. As in 0021, plans are made so that they hold for
-- tables that were empty: `status || ''` is found by no index, that of ids is the one.
CREATE FUNCTION journal.wake_line(of_line text, number integer) RETURNS integer LANGUAGE plpgsql
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  woken integer;
BEGIN
  UPDATE journal.command SET due_at = created_at WHERE id IN (
    SELECT sleeping.id FROM journal.command sleeping
    WHERE sleeping.id = ANY (ARRAY(
      SELECT first.id FROM journal.command first
      WHERE first.waiting_line = of_line AND first.status = 'waiting'
      ORDER BY journal.command_rank(first.created_at, first.head_start, first.attempts), first.position
      LIMIT number
    )) AND sleeping.status || '' = 'waiting' AND sleeping.due_at > sleeping.created_at
    FOR UPDATE SKIP LOCKED
  );
  GET DIAGNOSTICS woken = ROW_COUNT;
  RETURN woken;
END $$;
REVOKE EXECUTE ON FUNCTION journal.wake_line(text, integer) FROM PUBLIC;

-- As in 0014, without writing those that are awake.
CREATE OR REPLACE FUNCTION journal.wake_lines(of_counter text, number integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM journal.wake_line(of_counter, number), journal.wake_line(of_counter || '/unavailable', number);
END $$;

-- Nodes in service yield to those that are unavailable already: where one of these leaves, the first of the others may be next.
CREATE FUNCTION journal.move_on(of_line text, number integer) RETURNS integer LANGUAGE sql AS $$
  SELECT journal.wake_line(of_line, number)
    + CASE WHEN of_line LIKE '%/unavailable' THEN journal.wake_line(left(of_line, -length('/unavailable')), 1) ELSE 0 END
$$;
REVOKE EXECUTE ON FUNCTION journal.move_on(text, integer) FROM PUBLIC;

-- Whoever waits for something else from now on, is over or was granted takes nothing of the counter that those behind it could not have as well.
CREATE FUNCTION journal.left_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM journal.move_on(OLD.waiting_line, 1);
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION journal.left_line() FROM PUBLIC;
-- A claim wakes as many as there is room for, see below.
CREATE TRIGGER command_left_line AFTER UPDATE OF status, waiting_line ON journal.command FOR EACH ROW
  WHEN (OLD.status = 'waiting' AND OLD.waiting_line IS NOT NULL AND NEW.status <> 'attempting'
    AND (NEW.status <> 'waiting' OR NEW.waiting_line IS DISTINCT FROM OLD.waiting_line))
  EXECUTE FUNCTION journal.left_line();
CREATE TRIGGER change_left_line AFTER UPDATE OF status, waiting_line ON journal.change FOR EACH ROW
  WHEN (OLD.status = 'waiting' AND OLD.waiting_line IS NOT NULL
    AND (NEW.status <> 'waiting' OR NEW.waiting_line IS DISTINCT FROM OLD.waiting_line))
  EXECUTE FUNCTION journal.left_line();

-- As in 0021, and: those of the batch that are free hold up nobody else in it, since all of them are looked at before those who rank behind
-- them; and where a counter is contested, so is all that waits in its lines.
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
      ) AND NOT EXISTS (SELECT FROM free WHERE free.id = c.id OFFSET 0)
      ORDER BY journal.command_rank(c.created_at, c.head_start, c.attempts), c.position LIMIT 1
    ) AS first_command ON true
    LEFT JOIN LATERAL (
      SELECT c.asked_at - c.head_start AS rank FROM journal.change c
      WHERE c.waiting_line = name AND c.waiting_line IS NOT NULL AND c.status = 'waiting' AND c.lease_until > at
      ORDER BY c.asked_at - c.head_start, c.position LIMIT 1
    ) AS first_change ON true
  ), contested AS MATERIALIZED (
    SELECT wanted.counter, min(wanted.line) AS line
    FROM wanted JOIN journal.budget b ON b.counter = wanted.counter
    LEFT JOIN line ON line.name IN (wanted.line, wanted.yields_to)
      AND ((line.rank, line.position) < (wanted.rank, wanted.position) OR line.change_rank < wanted.rank)
    GROUP BY wanted.counter, b.used
    HAVING b.used + count(DISTINCT wanted.id) > min(wanted.cap) OR count(line.name) > 0
  ), plain AS MATERIALIZED (
    SELECT free.id FROM free WHERE NOT EXISTS (
      SELECT FROM wanted JOIN contested ON contested.counter = wanted.counter OR contested.line IN (wanted.line, wanted.yields_to)
      WHERE wanted.id = free.id
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

-- As in 0021, and: who is refused by a counter waits in its line from now on, if the asked say until when: `full` where it has no room,
-- `behind` where others come first. Copies that run the release before don't say it, and write it by themselves.
CREATE OR REPLACE FUNCTION journal.claim_in_line(
  command_id text, claimant text, at bigint, lease_until bigint, budgets jsonb, needs_leave boolean,
  OUT kind text, OUT attempt integer, OUT refused_by text, OUT refused_why text
) LANGUAGE plpgsql AS $$
DECLARE
  wanted journal.command;
  refusing jsonb;
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
    SELECT budget INTO refusing FROM jsonb_array_elements(budgets) AS budget
    WHERE budget ->> 'counter' = refused_by AND budget -> 'waits' ? refused_why;
    IF FOUND THEN
      UPDATE journal.command c
      SET status = 'waiting', due_at = (refusing -> 'waits' ->> refused_why)::bigint, waiting_line = refusing ->> 'line',
          waiting_reason = CASE refused_why WHEN 'full' THEN 'BudgetFull: ' ELSE 'BehindOthers: ' END || refused_by,
          unfinished = c.unfinished OR wanted.status = 'attempting'
      WHERE c.id = command_id;
    END IF;
    RETURN;
  END IF;
  UPDATE journal.command c
  SET status = 'attempting', due_at = lease_until, claimed_by = claimant, attempts = c.attempts + 1,
      waiting_reason = NULL, waiting_line = NULL, unfinished = c.unfinished OR wanted.status = 'attempting'
  WHERE c.id = command_id
  RETURNING c.attempts INTO attempt;
  kind := 'claimed';
END $$;

-- As in 0021, and: whoever ranks first is looked at first, and those that leave a line wake as many of it as there is room for, a few
-- at a time: each of these wakes the next.
DROP FUNCTION journal.claim_in_lines(text, bigint, bigint, jsonb);
CREATE FUNCTION journal.claim_in_lines(claimant text, at bigint, lease_until bigint, asked jsonb)
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
    SELECT stood ->> (one ->> 'id') AS line, max(coalesce((
      SELECT min((wish ->> 'cap')::integer - b.used)
      FROM jsonb_array_elements(one -> 'budgets') AS wish
        CROSS JOIN LATERAL (SELECT used FROM journal.budget WHERE budget.counter = wish ->> 'counter' OFFSET 0) AS b
      WHERE stood ->> (one ->> 'id') IN (wish ->> 'line', wish ->> 'yieldsTo')
    ), 1)) AS room
    FROM jsonb_array_elements(asked) AS one
    WHERE stood ? (one ->> 'id') AND one ->> 'id' = ANY (claimed)
    GROUP BY 1
  ) AS place WHERE place.room > 0;
END $$;
REVOKE EXECUTE ON FUNCTION journal.claim_in_lines(text, bigint, bigint, jsonb) FROM PUBLIC;
