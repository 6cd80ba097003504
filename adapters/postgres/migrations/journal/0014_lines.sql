-- The guard counts by any label of a node that its policy names, not only by pool and zone.
ALTER TABLE journal.fleet_member ADD labels jsonb NOT NULL DEFAULT '{}';

-- Budgets have names of their own now, so a counter's name tells no more what a permit is for.
ALTER TABLE journal.permit ADD operation text;
UPDATE journal.permit SET operation = split_part(counter, '/', 1);
-- Copies that run the release before don't say it; their counters still bear its name.
CREATE FUNCTION journal.permit_operation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.operation := split_part(NEW.counter, '/', 1);
  RETURN NEW;
END $$;
CREATE TRIGGER permit_operation BEFORE INSERT ON journal.permit
  FOR EACH ROW WHEN (NEW.operation IS NULL) EXECUTE FUNCTION journal.permit_operation();

-- Open commands are handed out by rank: by age, with a head start for what is severe, and a minute back for each attempt.
-- Nothing that waits is overtaken for ever, since nobody's head start grows.
ALTER TABLE journal.command ADD head_start bigint NOT NULL DEFAULT 0;
ALTER TABLE journal.command ADD waiting_line text;
CREATE FUNCTION journal.command_rank(created_at bigint, head_start bigint, attempts integer) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN created_at - head_start + attempts * 60000::bigint;
CREATE INDEX command_open_by_rank ON journal.command (journal.command_rank(created_at, head_start, attempts), position)
  WHERE status IN ('waiting', 'attempting');
-- Who was refused by a counter waits in its line.
CREATE INDEX command_in_line ON journal.command
  (waiting_line, journal.command_rank(created_at, head_start, attempts), position)
  WHERE status = 'waiting' AND waiting_line IS NOT NULL;

-- The commands of a parked node rest: they ask for nothing, and hold nobody up.
CREATE FUNCTION journal.stands_behind(command_id text, of_lines text[]) RETURNS boolean
  LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM journal.command mine
    CROSS JOIN LATERAL (
      SELECT FROM journal.command other
      WHERE other.waiting_line = ANY (of_lines) AND other.status = 'waiting' AND other.id <> mine.id
        AND (journal.command_rank(other.created_at, other.head_start, other.attempts), other.position)
          < (journal.command_rank(mine.created_at, mine.head_start, mine.attempts), mine.position)
        AND NOT EXISTS (
          SELECT FROM journal.parked_node parked
          WHERE parked.node_key = other.node_key AND parked.kind = 'failed'
        )
      LIMIT 1
    ) AS earlier
    WHERE mine.id = command_id
  ) $$;
REVOKE EXECUTE ON FUNCTION journal.stands_behind(text, text[]) FROM PUBLIC;

-- Something of a counter was given back: the first in each of its lines need not wait any longer. One that is just being
-- claimed is passed over, since whoever claims holds its row and may want the budget that is held here.
CREATE FUNCTION journal.wake_lines(of_counter text, number integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  of_line text;
BEGIN
  FOREACH of_line IN ARRAY ARRAY[of_counter, of_counter || '/unavailable'] LOOP
    UPDATE journal.command SET due_at = created_at WHERE id IN (
      SELECT first.id FROM journal.command first
      WHERE first.waiting_line = of_line AND first.status = 'waiting'
      ORDER BY journal.command_rank(first.created_at, first.head_start, first.attempts), first.position
      LIMIT number FOR UPDATE SKIP LOCKED
    );
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION journal.wake_lines(text, integer) FROM PUBLIC;

-- Gives back what was taken of counters, each as often as it is named. Budgets are locked in the order of their names, as
-- whoever claims locks them, so that the two can't block each other. Returns how much it was.
CREATE FUNCTION journal.give_back(counters text[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  given record;
BEGIN
  FOR given IN
    SELECT counter, count(*)::integer AS number FROM unnest(counters) AS taken (counter)
    GROUP BY counter ORDER BY counter COLLATE "C"
  LOOP
    UPDATE journal.budget b SET used = greatest(b.used - given.number, 0) WHERE b.counter = given.counter;
    PERFORM journal.wake_lines(given.counter, given.number);
  END LOOP;
  RETURN coalesce(cardinality(counters), 0);
END $$;
REVOKE EXECUTE ON FUNCTION journal.give_back(text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION journal.release_permits(commands text[], processes text[], kinds text[]) RETURNS integer
LANGUAGE sql AS $$
  WITH gone AS (
    DELETE FROM journal.permit
    WHERE (command_id = ANY (commands) OR process_id = ANY (processes)) AND until = ANY (kinds)
    RETURNING counter, until
  )
  SELECT journal.give_back(array_agg(counter)) FROM gone WHERE until <> 'never'
$$;

CREATE OR REPLACE FUNCTION journal.release_settled(
  settled text[], returning_commands text[], returning_processes text[]
) RETURNS void LANGUAGE sql AS $$
  WITH gone AS (
    DELETE FROM journal.permit p
    WHERE (p.command_id = ANY (settled) AND p.until = 'settled')
      OR ((p.command_id = ANY (returning_commands) OR p.process_id = ANY (returning_processes))
        AND p.until IN ('settled', 'returned'))
    RETURNING p.counter
  )
  SELECT journal.give_back(array_agg(counter)) FROM gone
$$;

-- As in 0011, and: a counter is taken only by the first in its line.
CREATE FUNCTION journal.claim_in_line(
  command_id text, claimant text, at bigint, lease_until bigint, budgets jsonb,
  OUT kind text, OUT attempt integer, OUT refused_by text, OUT refused_why text
) LANGUAGE plpgsql AS $$
DECLARE
  wanted journal.command;
  ask record;
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
  BEGIN
    FOR ask IN
      SELECT asked.*
      FROM jsonb_to_recordset(budgets)
        AS asked (counter text, line text, "yieldsTo" text, operation text, cap integer, until text)
      WHERE NOT EXISTS (
        -- An earlier attempt of this command took it and still holds it.
        SELECT FROM journal.permit p WHERE p.command_id = claim_in_line.command_id AND p.counter = asked.counter
      ) AND NOT EXISTS (
        -- Its process took it, and holds it until the node is returned.
        SELECT FROM journal.permit p
        WHERE p.process_id = wanted.process_id AND p.counter = asked.counter
          AND p.until = 'returned' AND asked.until = 'returned'
      )
      ORDER BY asked.counter COLLATE "C"
    LOOP
      INSERT INTO journal.budget (counter, used, touched_at) VALUES (ask.counter, 0, at) ON CONFLICT DO NOTHING;
      UPDATE journal.budget b SET used = b.used + 1, touched_at = at
      WHERE b.counter = ask.counter AND b.used < ask.cap;
      refused_why := CASE WHEN NOT FOUND THEN 'full'
        WHEN journal.stands_behind(command_id, ARRAY[ask.line, ask."yieldsTo"]) THEN 'behind' END;
      IF refused_why IS NOT NULL THEN
        refused_by := ask.counter;
        -- Undoes what this block has taken.
        RAISE EXCEPTION USING ERRCODE = 'FL001', MESSAGE = 'budget used up';
      END IF;
      INSERT INTO journal.permit (command_id, counter, process_id, node_key, until, operation, taken_at)
      VALUES (command_id, ask.counter, wanted.process_id, wanted.node_key, ask.until, ask.operation, at);
    END LOOP;
  EXCEPTION WHEN SQLSTATE 'FL001' THEN
    kind := 'refused';
    RETURN;
  END;
  UPDATE journal.command c
  SET status = 'attempting', due_at = lease_until, claimed_by = claimant, attempts = c.attempts + 1,
      waiting_reason = NULL, waiting_line = NULL, unfinished = c.unfinished OR wanted.status = 'attempting'
  WHERE c.id = command_id
  RETURNING c.attempts INTO attempt;
  kind := 'claimed';
END $$;
REVOKE EXECUTE ON FUNCTION journal.claim_in_line(text, text, bigint, bigint, jsonb) FROM PUBLIC;

-- Several claims in one transaction, for the reasons and in the orders of 0006.
CREATE FUNCTION journal.claim_in_lines(claimant text, at bigint, lease_until bigint, asked jsonb)
RETURNS TABLE (id text, kind text, attempt integer, refused_by text, refused_why text) LANGUAGE plpgsql AS $$
DECLARE
  ask record;
BEGIN
  PERFORM FROM journal.command c
  WHERE c.id IN (SELECT one ->> 'id' FROM jsonb_array_elements(asked) AS one)
  ORDER BY c.id COLLATE "C" FOR UPDATE;
  FOR ask IN
    SELECT one ->> 'id' AS command_id, one -> 'budgets' AS budgets
    FROM jsonb_array_elements(asked) WITH ORDINALITY AS list (one, place)
    ORDER BY
      (SELECT min((budget ->> 'counter') COLLATE "C") FROM jsonb_array_elements(one -> 'budgets') AS budget)
        NULLS FIRST,
      place
  LOOP
    id := ask.command_id;
    SELECT answer.kind, answer.attempt, answer.refused_by, answer.refused_why
    INTO kind, attempt, refused_by, refused_why
    FROM journal.claim_in_line(ask.command_id, claimant, at, lease_until, ask.budgets) AS answer;
    RETURN NEXT;
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION journal.claim_in_lines(text, bigint, bigint, jsonb) FROM PUBLIC;

-- What copies that run the release before ask; they know of no lines, and stand in none.
CREATE OR REPLACE FUNCTION journal.claim_commands(claimant text, at bigint, lease_until bigint, asked jsonb)
RETURNS TABLE (id text, kind text, attempt integer, refused_by text) LANGUAGE sql AS $$
  SELECT answer.id, answer.kind, answer.attempt, answer.refused_by
  FROM journal.claim_in_lines(claimant, at, lease_until, asked) AS answer
$$;
DROP FUNCTION journal.claim_command(text, text, bigint, bigint, text[], integer[], text[]);
