-- A rollout goes through many nodes, so it is of none. As long as it has leave, nobody else begins there what it pauses.
ALTER TABLE journal.change ALTER COLUMN node_key DROP NOT NULL;

-- The same pause and end as pauseOfRollout and endOfRolloutPause make (domain/pause.ts). One that a person has thawed stays so.
CREATE FUNCTION journal.pause_for_rollout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status = 'granted' THEN
    INSERT INTO journal.pause (id, key, pause)
    SELECT pause ->> 'id', pause ->> 'key', pause FROM (
      SELECT jsonb_build_object(
        'id', 'z-' || substr(NEW.id, 3),
        'key', 'rollout:' || NEW.id,
        'where', jsonb_build_object('clusters', jsonb_build_array(rollout ->> 'cluster')) || (rollout -> 'scope'),
        'operations', rollout -> 'pauses',
        'begun', jsonb_build_object(
          'by', NEW.owner, 'reason', 'a rollout is under way there: ' || (NEW.change ->> 'reason'), 'at', NEW.granted_at),
        'rollout', jsonb_build_object('change', NEW.id, 'owner', NEW.owner)
      ) AS pause FROM (SELECT NEW.change -> 'rollout' AS rollout) AS asked
      WHERE rollout -> 'pauses' <> '[]'
    ) AS begun ON CONFLICT DO NOTHING;
  ELSE
    UPDATE journal.pause SET ended = jsonb_build_object(
      'how', 'over', 'by', NEW.ended ->> 'by', 'reason', 'rollout ' || NEW.id || ': ' || (NEW.ended ->> 'how'),
      'at', NEW.ended -> 'at')
    WHERE key = 'rollout:' || NEW.id AND ended IS NULL;
  END IF;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION journal.pause_for_rollout() FROM PUBLIC;

-- At the end of the transaction: the guard's version is locked by it, and counters would be locked after that.
CREATE CONSTRAINT TRIGGER rollout_pauses AFTER UPDATE OF status ON journal.change
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (new.change ? 'rollout' AND old.status IS DISTINCT FROM new.status AND 'granted' IN (old.status, new.status))
  EXECUTE FUNCTION journal.pause_for_rollout();
