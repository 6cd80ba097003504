-- A room may be kept for somebody who waits for another one beside it. Whoever needs two counters that are both always full, and waited for, was
-- passed for ever by those who need one of them: whenever the one had room the other was full. Now who has waited for an hour keeps a room of
-- each counter that has one, the narrowest first, until it has all. See docs/decisions/0037.

-- The lines in each of which a room is kept for it while it waits; null: in none.
ALTER TABLE journal.command ADD kept_lines text[];
ALTER TABLE journal.change ADD kept_lines text[];
CREATE INDEX command_keeps ON journal.command (journal.command_rank(created_at, head_start, attempts), position)
  WHERE status = 'waiting' AND kept_lines IS NOT NULL;
CREATE INDEX change_keeps ON journal.change ((asked_at - head_start), position)
  WHERE status = 'waiting' AND kept_lines IS NOT NULL;

-- Whoever is over, has leave or waits for what no room helps against keeps nothing: no statement can forget it.
CREATE FUNCTION journal.keep_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.kept_lines := NULL;
  RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION journal.keep_nothing() FROM PUBLIC;
CREATE TRIGGER command_keeps_nothing BEFORE UPDATE OF status, waiting_line ON journal.command FOR EACH ROW
  WHEN (OLD.kept_lines IS NOT NULL AND (NEW.status <> 'waiting' OR NEW.waiting_line IS NULL))
  EXECUTE FUNCTION journal.keep_nothing();
CREATE TRIGGER change_keeps_nothing BEFORE UPDATE OF status, waiting_line ON journal.change FOR EACH ROW
  WHEN (OLD.kept_lines IS NOT NULL AND (NEW.status <> 'waiting' OR NEW.waiting_line IS NULL))
  EXECUTE FUNCTION journal.keep_nothing();

-- What somebody keeps no longer, and has not taken, is there for the first in that line.
CREATE FUNCTION journal.gave_up_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM journal.move_on(kept.line, 1)
  FROM unnest(OLD.kept_lines) AS kept (line) WHERE kept.line <> ALL (coalesce(NEW.kept_lines, '{}'));
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION journal.gave_up_kept() FROM PUBLIC;
CREATE TRIGGER command_gave_up_kept AFTER UPDATE ON journal.command FOR EACH ROW
  WHEN (OLD.kept_lines IS NOT NULL AND NEW.kept_lines IS DISTINCT FROM OLD.kept_lines AND NEW.status <> 'attempting')
  EXECUTE FUNCTION journal.gave_up_kept();
CREATE TRIGGER change_gave_up_kept AFTER UPDATE ON journal.change FOR EACH ROW
  WHEN (OLD.kept_lines IS NOT NULL AND NEW.kept_lines IS DISTINCT FROM OLD.kept_lines AND NEW.status <> 'granted')
  EXECUTE FUNCTION journal.gave_up_kept();

-- The same as keepsRooms (adapters/journal/kept-rooms.ts): whether somebody who has waited so long keeps rooms.
CREATE FUNCTION journal.keeps_rooms(waited bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  span bigint := 3600000;
BEGIN
  WHILE waited >= 2 * span LOOP
    span := 2 * span;
  END LOOP;
  RETURN waited >= span AND waited < span + span / 4 * 3;
END $$;
REVOKE EXECUTE ON FUNCTION journal.keeps_rooms(bigint) FROM PUBLIC;

-- The node of the first of those who come before one of this rank and keep a room in one of these lines; null: nobody does. As in others_come_first
-- (0017) parked nodes rest, and a client whose lease ran out is dead. Whoever has begun (its process has a node out) is not held up by what is kept
-- for one that has not: that one may wait for what the other gives back at its end.
CREATE FUNCTION journal.kept_for(
  of_lines text[], at bigint, my_rank bigint, command_position bigint, change_position bigint, has_begun boolean
) RETURNS text LANGUAGE plpgsql STABLE
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN (
    SELECT keeper.node_key FROM (
      SELECT c.node_key, journal.command_rank(c.created_at, c.head_start, c.attempts) AS rank, false AS is_change, c.position
      FROM journal.command c
      WHERE c.status = 'waiting' AND c.kept_lines IS NOT NULL AND c.kept_lines && of_lines
        AND (journal.command_rank(c.created_at, c.head_start, c.attempts), c.position) < (my_rank, command_position)
        AND NOT EXISTS (
          SELECT FROM journal.parked_node parked WHERE parked.node_key = c.node_key AND parked.kind = 'failed' OFFSET 0
        )
        AND (NOT has_begun OR EXISTS (
          SELECT FROM journal.permit p WHERE p.process_id = c.process_id AND p.until = 'returned' OFFSET 0
        ))
      UNION ALL
      SELECT c.node_key, c.asked_at - c.head_start, true, c.position
      FROM journal.change c
      WHERE c.status = 'waiting' AND c.kept_lines IS NOT NULL AND c.kept_lines && of_lines AND c.lease_until > at AND NOT has_begun
        AND (c.asked_at - c.head_start, c.position) < (my_rank, change_position)
    ) AS keeper ORDER BY keeper.rank, keeper.is_change, keeper.position LIMIT 1
  );
END $$;
REVOKE EXECUTE ON FUNCTION journal.kept_for(text[], bigint, bigint, bigint, bigint, boolean) FROM PUBLIC;

-- As in 0025, and: what is kept for those who come before it is there for nobody else, and whoever keeps rooms itself is told what it keeps, up to the
-- counter that refuses it.
DROP FUNCTION journal.take_counters(text, text, text, bigint, jsonb, bigint, bigint, bigint);
CREATE FUNCTION journal.take_counters(
  taker text, holder text, node text, at bigint, budgets jsonb,
  my_rank bigint, command_position bigint, change_position bigint,
  does_keep boolean,
  OUT refused_by text, OUT refused_why text, OUT kept_for text, OUT kept_lines text[]
) LANGUAGE plpgsql AS $$
DECLARE
  -- What an earlier attempt took and still holds, and what its process took and holds until the node is returned.
  taken text[];
  kept text[];
  wanted jsonb;
  -- Mostly nobody keeps anything.
  is_any_kept boolean := EXISTS (SELECT FROM journal.command c WHERE c.status = 'waiting' AND c.kept_lines IS NOT NULL)
    OR EXISTS (SELECT FROM journal.change c WHERE c.status = 'waiting' AND c.kept_lines IS NOT NULL);
BEGIN
  -- Called with a node's key, whose collation is "C", all texts of this function are: by another collation than its own no index helps.
  SELECT array_agg(p.counter) FILTER (WHERE p.command_id = taker), array_agg(p.counter) FILTER (WHERE p.until = 'returned')
    INTO taken, kept FROM journal.permit p WHERE p.process_id = holder COLLATE "default";
  wanted := (
    SELECT jsonb_agg(asked) FROM jsonb_array_elements(budgets) AS asked
    WHERE (asked ->> 'counter' = ANY (taken)) IS NOT TRUE
      AND (asked ->> 'until' = 'returned' AND asked ->> 'counter' = ANY (kept)) IS NOT TRUE
  );
  WITH judged AS MATERIALIZED (
    SELECT b.counter, ask.line, keeper.node AS keeper,
      row_number() OVER (ORDER BY
        CASE WHEN does_keep THEN ask.until = 'never' END, CASE WHEN does_keep THEN ask.cap END, b.counter COLLATE "C"
      ) AS place,
      CASE
        WHEN counted.taken >= ask.cap THEN 'full'
        WHEN counted.taken >= ask.cap - 1 AND keeper.node IS NOT NULL THEN 'kept'
        WHEN journal.others_come_first(
          ARRAY[ask.line, ask."yieldsTo"], at, my_rank, command_position, change_position
        ) THEN 'behind'
      END AS why
    FROM jsonb_to_recordset(wanted)
      AS ask (counter text, line text, "yieldsTo" text, cap integer, until text, "outOfService" jsonb)
    JOIN journal.budget b ON b.counter = ask.counter
    CROSS JOIN LATERAL (SELECT journal.taken(b.used, ask."outOfService", ARRAY[node], ask.cap) AS taken OFFSET 0) AS counted
    CROSS JOIN LATERAL (
      SELECT CASE WHEN is_any_kept THEN journal.kept_for(
        ARRAY[ask.line, ask."yieldsTo"], at, my_rank, command_position, change_position, kept IS NOT NULL
      ) END AS node OFFSET 0
    ) AS keeper
  )
  SELECT refusing.counter, CASE refusing.why WHEN 'behind' THEN 'behind' ELSE 'full' END,
    CASE refusing.why WHEN 'kept' THEN refusing.keeper END,
    -- Where one that comes before it keeps the same it would keep nothing yet.
    (SELECT array_agg(before.line ORDER BY before.place) FROM judged AS before
      WHERE does_keep AND before.place < refusing.place AND before.keeper IS NULL)
  INTO refused_by, refused_why, kept_for, kept_lines
  FROM judged AS refusing WHERE refusing.why IS NOT NULL ORDER BY refusing.place LIMIT 1;
  IF refused_by IS NOT NULL THEN RETURN; END IF;
  UPDATE journal.budget b SET used = b.used + 1, touched_at = at
  FROM jsonb_to_recordset(wanted) AS ask (counter text) WHERE b.counter = ask.counter;
  INSERT INTO journal.permit (command_id, counter, process_id, node_key, until, operation, taken_at)
  SELECT taker, ask.counter, holder, node, ask.until, ask.operation, at
  FROM jsonb_to_recordset(wanted) AS ask (counter text, until text, operation text);
END $$;
REVOKE EXECUTE ON FUNCTION journal.take_counters(text, text, text, bigint, jsonb, bigint, bigint, bigint, boolean) FROM PUBLIC;

-- As in 0025, and: a counter of which a room is kept for anybody is contested.
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
  ), kept AS MATERIALIZED (
    SELECT DISTINCT keeper.name FROM (
      SELECT unnest(c.kept_lines) AS name FROM journal.command c WHERE c.status = 'waiting' AND c.kept_lines IS NOT NULL
      UNION ALL
      SELECT unnest(c.kept_lines) FROM journal.change c WHERE c.status = 'waiting' AND c.kept_lines IS NOT NULL
    ) AS keeper
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

-- As in 0023, and: what is kept for whoever is refused, and for whom it was refused.
DROP FUNCTION journal.claim_in_line(text, text, bigint, bigint, jsonb, boolean);
CREATE FUNCTION journal.claim_in_line(
  command_id text, claimant text, at bigint, lease_until bigint, budgets jsonb, needs_leave boolean,
  OUT kind text, OUT attempt integer, OUT refused_by text, OUT refused_why text, OUT kept_for text
) LANGUAGE plpgsql AS $$
DECLARE
  wanted journal.command;
  refusing jsonb;
  keeps text[];
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
    SELECT taken.refused_by, taken.refused_why, taken.kept_for, taken.kept_lines INTO refused_by, refused_why, kept_for, keeps
    FROM journal.take_counters(
      command_id, wanted.process_id, wanted.node_key, at, budgets,
      journal.command_rank(wanted.created_at, wanted.head_start, wanted.attempts), wanted.position, 0,
      journal.keeps_rooms(at - wanted.created_at)
    ) AS taken;
  END IF;
  IF refused_by IS NOT NULL THEN
    kind := 'refused';
    SELECT budget INTO refusing FROM jsonb_array_elements(budgets) AS budget
    WHERE budget ->> 'counter' = refused_by AND budget -> 'waits' ? refused_why;
    IF FOUND THEN
      UPDATE journal.command c
      SET status = 'waiting', due_at = (refusing -> 'waits' ->> refused_why)::bigint, waiting_line = refusing ->> 'line', kept_lines = keeps,
          waiting_reason = CASE
            WHEN kept_for IS NOT NULL THEN 'KeptBack: ' || refused_by || ' for ' || kept_for
            WHEN refused_why = 'full' THEN 'BudgetFull: ' || refused_by
            ELSE 'BehindOthers: ' || refused_by
          END,
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
REVOKE EXECUTE ON FUNCTION journal.claim_in_line(text, text, bigint, bigint, jsonb, boolean) FROM PUBLIC;

-- As in 0025, likewise.
DROP FUNCTION journal.claim_in_lines(text, bigint, bigint, jsonb);
CREATE FUNCTION journal.claim_in_lines(claimant text, at bigint, lease_until bigint, asked jsonb)
RETURNS TABLE (id text, kind text, attempt integer, refused_by text, refused_why text, left_line boolean, kept_for text) LANGUAGE plpgsql
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
        SELECT 'refused', NULL, NULL, 'changed', NULL INTO kind, attempt, refused_by, refused_why, kept_for;
      ELSE
        SELECT answer.kind, answer.attempt, answer.refused_by, answer.refused_why, answer.kept_for
        INTO kind, attempt, refused_by, refused_why, kept_for
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
REVOKE EXECUTE ON FUNCTION journal.claim_in_lines(text, bigint, bigint, jsonb) FROM PUBLIC;

-- As in 0017, likewise.
DROP FUNCTION journal.grant_change(text, bigint, jsonb, bigint);
CREATE FUNCTION journal.grant_change(
  change_id text, at bigint, budgets jsonb, guard bigint,
  OUT kind text, OUT refused_by text, OUT refused_why text, OUT kept_for text
) LANGUAGE plpgsql AS $$
DECLARE
  wanted journal.change;
  home journal.installation;
  keeps text[];
BEGIN
  SELECT * INTO wanted FROM journal.change c WHERE c.id = change_id;
  SELECT * INTO home FROM journal.installation;
  kind := 'refused';
  IF wanted.status IS DISTINCT FROM 'waiting' OR wanted.lease_until <= at THEN
    kind := 'gone';
  ELSIF home.paused THEN
    refused_why := 'paused';
  ELSIF guard <> home.guard_version THEN
    refused_why := 'changed';
  ELSE
    SELECT holder.id, holder.what INTO refused_by, refused_why FROM (
      SELECT p.process_id, 'process' FROM journal.process p
      WHERE p.node_key = wanted.node_key AND p.ended_at IS NULL
      UNION ALL
      SELECT c.id, 'change' FROM journal.change c WHERE c.node_key = wanted.node_key AND c.status = 'granted'
      LIMIT 1
    ) AS holder (id, what);
    IF refused_by IS NOT NULL THEN RETURN; END IF;
    SELECT taken.refused_by, taken.refused_why, taken.kept_for, taken.kept_lines INTO refused_by, refused_why, kept_for, keeps
    FROM journal.take_counters(
      change_id, change_id, wanted.node_key, at, budgets,
      wanted.asked_at - wanted.head_start, 9223372036854775807, wanted.position,
      journal.keeps_rooms(at - wanted.asked_at)
    ) AS taken;
    IF refused_by IS NOT NULL THEN
      UPDATE journal.change c SET kept_lines = keeps WHERE c.id = change_id AND c.kept_lines IS DISTINCT FROM keeps;
      RETURN;
    END IF;
    UPDATE journal.change c
    SET status = 'granted', granted_at = at, lease_until = at + wanted.lease_ms,
        -- A restored backup counts from what it remembers; its epoch is one that was not there before.
        token = (home.epoch::bigint << 40) + nextval('journal.fencing_token'),
        waiting_reason = NULL, waiting_line = NULL, ask_again_at = NULL
    WHERE c.id = change_id;
    kind := 'granted';
  END IF;
END $$;
REVOKE EXECUTE ON FUNCTION journal.grant_change(text, bigint, jsonb, bigint) FROM PUBLIC;

-- As in 0021, likewise.
DROP FUNCTION journal.grant_changes(bigint, jsonb);
CREATE FUNCTION journal.grant_changes(at bigint, asked jsonb)
RETURNS TABLE (id text, kind text, refused_by text, refused_why text, kept_for text) LANGUAGE plpgsql
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
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
    SELECT answer.kind, answer.refused_by, answer.refused_why, answer.kept_for INTO kind, refused_by, refused_why, kept_for
    FROM journal.grant_change(ask.change_id, at, ask.budgets, ask.guard) AS answer;
    RETURN NEXT;
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION journal.grant_changes(bigint, jsonb) FROM PUBLIC;
