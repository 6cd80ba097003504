-- Changes that other systems ask leave for; nothing is ever taken out. What one has taken stands in journal.permit under its
-- id, as command and as process, so that everything that counts permits counts it.
CREATE TABLE journal.change (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  owner text NOT NULL,
  idempotency_key text NOT NULL,
  node_key text NOT NULL COLLATE "C",
  change jsonb NOT NULL,
  status text NOT NULL CHECK (status IN ('waiting', 'granted', 'ended')),
  asked_at bigint NOT NULL,
  head_start bigint NOT NULL,
  lease_ms bigint NOT NULL,
  lease_until bigint NOT NULL,
  waiting_reason text,
  waiting_line text,
  ask_again_at bigint,
  token bigint UNIQUE,
  granted_at bigint,
  ended jsonb,
  UNIQUE (owner, idempotency_key)
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX change_one_granted_per_node ON journal.change (node_key) WHERE status = 'granted';
CREATE INDEX change_by_node ON journal.change (node_key, position);
CREATE INDEX change_open ON journal.change (lease_until) WHERE status <> 'ended';
-- A change ranks as a command that was never attempted; of the same rank the command comes first.
CREATE INDEX change_in_line ON journal.change (waiting_line, (asked_at - head_start), position)
  WHERE status = 'waiting' AND waiting_line IS NOT NULL;
CREATE SEQUENCE journal.fencing_token;

-- Whether somebody in these lines comes before one of this rank. The commands of a parked node rest, and the client of a change
-- whose lease ran out is dead: they hold nobody up. A command gives its own position and 0, a change the greatest number and
-- its own.
CREATE FUNCTION journal.others_come_first(
  of_lines text[], at bigint, my_rank bigint, command_position bigint, change_position bigint
) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM journal.command other
    WHERE other.waiting_line = ANY (of_lines) AND other.status = 'waiting'
      AND (journal.command_rank(other.created_at, other.head_start, other.attempts), other.position)
        < (my_rank, command_position)
      AND NOT EXISTS (
        SELECT FROM journal.parked_node parked
        WHERE parked.node_key = other.node_key AND parked.kind = 'failed'
      )
  ) OR EXISTS (
    SELECT FROM journal.change other
    WHERE other.waiting_line = ANY (of_lines) AND other.status = 'waiting' AND other.lease_until > at
      AND (other.asked_at - other.head_start, other.position) < (my_rank, change_position)
  ) $$;
REVOKE EXECUTE ON FUNCTION journal.others_come_first(text[], bigint, bigint, bigint, bigint) FROM PUBLIC;

-- Takes what a command or a change asks for, or nothing of it: then it says which counter refused, by the order of their names.
-- The counters are locked. `holder` is who holds what lasts until a node is returned: a process, or a change.
CREATE FUNCTION journal.take_counters(
  taker text, holder text, node text, at bigint, budgets jsonb,
  my_rank bigint, command_position bigint, change_position bigint,
  OUT refused_by text, OUT refused_why text
) LANGUAGE plpgsql AS $$
DECLARE
  wanted jsonb := (
    SELECT jsonb_agg(asked) FROM jsonb_array_elements(budgets) AS asked
    WHERE NOT EXISTS (
      -- An earlier attempt took it and still holds it.
      SELECT FROM journal.permit p WHERE p.command_id = taker AND p.counter = asked ->> 'counter'
    ) AND NOT EXISTS (
      -- Its process took it, and holds it until the node is returned.
      SELECT FROM journal.permit p
      WHERE p.process_id = holder AND p.counter = asked ->> 'counter'
        AND p.until = 'returned' AND asked ->> 'until' = 'returned'
    )
  );
BEGIN
  SELECT b.counter, CASE WHEN b.used < ask.cap THEN 'behind' ELSE 'full' END INTO refused_by, refused_why
  FROM jsonb_to_recordset(wanted) AS ask (counter text, line text, "yieldsTo" text, cap integer)
  JOIN journal.budget b ON b.counter = ask.counter
  WHERE b.used >= ask.cap OR journal.others_come_first(
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
REVOKE EXECUTE ON FUNCTION journal.take_counters(text, text, text, bigint, jsonb, bigint, bigint, bigint) FROM PUBLIC;

-- Locks every counter that a batch asks for, in the order of their names, before any is taken. Two batches that locked theirs ask by ask could block
-- each other as soon as two asks of one had other counters.
CREATE FUNCTION journal.lock_counters(asked jsonb, at bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  names text[] := ARRAY(
    SELECT DISTINCT budget ->> 'counter'
    FROM jsonb_array_elements(asked) AS one, jsonb_array_elements(one -> 'budgets') AS budget
  );
BEGIN
  INSERT INTO journal.budget (counter, used, touched_at)
  SELECT counter, 0, at FROM unnest(names) AS name (counter) ORDER BY counter COLLATE "C"
  ON CONFLICT DO NOTHING;
  PERFORM FROM journal.budget b WHERE b.counter = ANY (names) ORDER BY b.counter COLLATE "C" FOR UPDATE;
END $$;
REVOKE EXECUTE ON FUNCTION journal.lock_counters(jsonb, bigint) FROM PUBLIC;

-- One owner per node: a command that needs leave is not claimed while a change has its node, and no change is granted where a
-- process is at work. Commands share the lock of their nodes, a change has it alone; nodes share 256 of them, so that a batch
-- takes no more. Everybody takes them after rows of commands or changes, in order, and before counters.
CREATE FUNCTION journal.node_lock(node text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT hashtext(node) & 255 $$;
REVOKE EXECUTE ON FUNCTION journal.node_lock(text) FROM PUBLIC;

-- As in 0014, and: not while a change has the node.
DROP FUNCTION journal.claim_in_line(text, text, bigint, bigint, jsonb);
DROP FUNCTION journal.stands_behind(text, text[]);
CREATE FUNCTION journal.claim_in_line(
  command_id text, claimant text, at bigint, lease_until bigint, budgets jsonb, needs_leave boolean,
  OUT kind text, OUT attempt integer, OUT refused_by text, OUT refused_why text
) LANGUAGE plpgsql AS $$
DECLARE
  wanted journal.command;
BEGIN
  SELECT * INTO wanted FROM journal.command c WHERE c.id = command_id FOR UPDATE;
  IF NOT FOUND OR wanted.status NOT IN ('waiting', 'attempting') OR wanted.due_at > at OR EXISTS (
    SELECT FROM journal.command earlier
    WHERE earlier.node_key = wanted.node_key AND earlier.position < wanted.position
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
REVOKE EXECUTE ON FUNCTION journal.claim_in_line(text, text, bigint, bigint, jsonb, boolean) FROM PUBLIC;

-- As in 0014, and: locks of nodes, all counters at once, and nothing by what the guard said before a pause began or ended.
-- `guard` is missing where no leave is needed.
CREATE OR REPLACE FUNCTION journal.claim_in_lines(claimant text, at bigint, lease_until bigint, asked jsonb)
RETURNS TABLE (id text, kind text, attempt integer, refused_by text, refused_why text) LANGUAGE plpgsql AS $$
DECLARE
  ask record;
BEGIN
  PERFORM FROM journal.command c
  WHERE c.id IN (SELECT one ->> 'id' FROM jsonb_array_elements(asked) AS one)
  ORDER BY c.id COLLATE "C" FOR UPDATE;
  PERFORM pg_advisory_xact_lock_shared(7264025, locks.number) FROM (
    SELECT DISTINCT journal.node_lock(c.node_key) AS number
    FROM jsonb_array_elements(asked) AS one JOIN journal.command c ON c.id = one ->> 'id'
    WHERE one ? 'guard' OR one -> 'budgets' <> '[]'
    ORDER BY number
  ) AS locks;
  PERFORM journal.lock_counters(asked, at);
  FOR ask IN
    SELECT one ->> 'id' AS command_id, one -> 'budgets' AS budgets, (one ->> 'guard')::bigint AS guard
    FROM jsonb_array_elements(asked) WITH ORDINALITY AS list (one, place)
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

-- Leave for one change, of which the row, the node's lock and the counters are locked.
CREATE FUNCTION journal.grant_change(
  change_id text, at bigint, budgets jsonb, guard bigint,
  OUT kind text, OUT refused_by text, OUT refused_why text
) LANGUAGE plpgsql AS $$
DECLARE
  wanted journal.change;
  home journal.installation;
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
    SELECT taken.refused_by, taken.refused_why INTO refused_by, refused_why
    FROM journal.take_counters(
      change_id, change_id, wanted.node_key, at, budgets,
      wanted.asked_at - wanted.head_start, 9223372036854775807, wanted.position
    ) AS taken;
    IF refused_by IS NOT NULL THEN RETURN; END IF;
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

-- Several grants in one transaction, whoever ranks first first.
CREATE FUNCTION journal.grant_changes(at bigint, asked jsonb)
RETURNS TABLE (id text, kind text, refused_by text, refused_why text) LANGUAGE plpgsql AS $$
DECLARE
  ask record;
BEGIN
  PERFORM FROM journal.change c
  WHERE c.id IN (SELECT one ->> 'id' FROM jsonb_array_elements(asked) AS one)
  ORDER BY c.id COLLATE "C" FOR UPDATE;
  PERFORM pg_advisory_xact_lock(7264025, locks.number) FROM (
    SELECT DISTINCT journal.node_lock(c.node_key) AS number
    FROM jsonb_array_elements(asked) AS one JOIN journal.change c ON c.id = one ->> 'id'
    ORDER BY number
  ) AS locks;
  PERFORM journal.lock_counters(asked, at);
  FOR ask IN
    SELECT one ->> 'id' AS change_id, one -> 'budgets' AS budgets, (one ->> 'guard')::bigint AS guard
    FROM jsonb_array_elements(asked) AS one JOIN journal.change c ON c.id = one ->> 'id'
    ORDER BY c.asked_at - c.head_start, c.position
  LOOP
    id := ask.change_id;
    SELECT answer.kind, answer.refused_by, answer.refused_why INTO kind, refused_by, refused_why
    FROM journal.grant_change(ask.change_id, at, ask.budgets, ask.guard) AS answer;
    RETURN NEXT;
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION journal.grant_changes(bigint, jsonb) FROM PUBLIC;

-- These changes are over: what they took is given back, and our own commands that waited for them need not any longer. Rates
-- stay taken. The rows of the changes are locked.
CREATE FUNCTION journal.release_changes(changes text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM journal.release_permits(changes, ARRAY[]::text[], ARRAY['settled', 'returned']);
  UPDATE journal.command SET due_at = created_at WHERE id IN (
    SELECT held.id FROM journal.command held
    JOIN journal.change over ON over.node_key = held.node_key AND over.id = ANY (changes)
    WHERE held.status = 'waiting' AND held.waiting_reason LIKE 'HeldByChange%'
    FOR UPDATE OF held SKIP LOCKED
  );
END $$;
REVOKE EXECUTE ON FUNCTION journal.release_changes(text[]) FROM PUBLIC;

-- Several clients say that they are done: whoever still had leave, or waited and is cancelled. Returns which those are.
CREATE FUNCTION journal.end_changes(ends jsonb) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  over text[];
BEGIN
  PERFORM FROM journal.change c WHERE c.id IN (SELECT one ->> 'id' FROM jsonb_array_elements(ends) AS one)
  ORDER BY c.id COLLATE "C" FOR UPDATE;
  WITH ended AS (
    UPDATE journal.change c SET status = 'ended', ended = one -> 'end', waiting_line = NULL
    FROM jsonb_array_elements(ends) AS one
    WHERE c.id = one ->> 'id' AND c.status <> 'ended' AND c.lease_until > (one #>> '{end,at}')::bigint
      AND (c.status = 'granted' OR one #>> '{end,how}' = 'cancelled')
    RETURNING c.id
  ) SELECT array_agg(id) INTO over FROM ended;
  PERFORM journal.release_changes(over) WHERE over IS NOT NULL;
  RETURN over;
END $$;
REVOKE EXECUTE ON FUNCTION journal.end_changes(jsonb) FROM PUBLIC;
