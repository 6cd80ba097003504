-- Pauses of the change guard, begun and ended; nothing is ever taken out. Those of persons and those of breakers, whose
-- incident is a part of the pause.
CREATE TABLE journal.pause (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  key text NOT NULL,
  pause jsonb NOT NULL,
  ended jsonb
);
CREATE UNIQUE INDEX pause_one_in_force ON journal.pause (key) WHERE ended IS NULL;
-- When an incident was answered: NULL while it is in force, for a freeze, and for one that joined a greater one.
CREATE FUNCTION journal.pause_answered_at(pause jsonb, ended jsonb) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN pause ? 'incident' AND ended ->> 'how' <> 'joined' THEN (ended ->> 'at')::bigint END;
CREATE INDEX pause_by_answer ON journal.pause (journal.pause_answered_at(pause, ended))
  WHERE journal.pause_answered_at(pause, ended) IS NOT NULL;

-- Counts up with every pause that begins or ends, in the same transaction: whoever asked for leave before gets none.
ALTER TABLE journal.installation ADD guard_version bigint NOT NULL DEFAULT 0;
CREATE FUNCTION journal.count_guard_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE journal.installation SET guard_version = guard_version + 1;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION journal.count_guard_version() FROM PUBLIC;
CREATE TRIGGER pause_began AFTER INSERT ON journal.pause
  FOR EACH STATEMENT EXECUTE FUNCTION journal.count_guard_version();
CREATE TRIGGER pause_ended AFTER UPDATE OF ended ON journal.pause
  FOR EACH STATEMENT EXECUTE FUNCTION journal.count_guard_version();

-- As in 0014, and: none of these budgets is taken by what the guard said before a pause began or ended. `guard` is missing
-- where no leave is needed.
CREATE OR REPLACE FUNCTION journal.claim_in_lines(claimant text, at bigint, lease_until bigint, asked jsonb)
RETURNS TABLE (id text, kind text, attempt integer, refused_by text, refused_why text) LANGUAGE plpgsql AS $$
DECLARE
  ask record;
BEGIN
  PERFORM FROM journal.command c
  WHERE c.id IN (SELECT one ->> 'id' FROM jsonb_array_elements(asked) AS one)
  ORDER BY c.id COLLATE "C" FOR UPDATE;
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
      FROM journal.claim_in_line(ask.command_id, claimant, at, lease_until, ask.budgets) AS answer;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
