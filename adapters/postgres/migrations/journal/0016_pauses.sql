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
