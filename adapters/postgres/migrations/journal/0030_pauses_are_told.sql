-- What became of pauses and incidents is told on a topic (docs/decisions/0040). Each change is kept with what the pause was then, whoever made it: a copy, a
-- person, or the trigger that pauses for a rollout. A copy that runs the guard writes what was not told yet into the outbox, in the transaction that marks it.
CREATE TABLE journal.pause_change (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  change text NOT NULL CHECK (change IN ('began', 'grew', 'denied', 'ended')),
  pause jsonb NOT NULL,
  ended jsonb,
  told boolean NOT NULL DEFAULT false
);
CREATE INDEX pause_change_untold ON journal.pause_change (position) WHERE NOT told;

CREATE FUNCTION journal.keep_pause_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO journal.pause_change (change, pause, ended) VALUES (
    CASE
      WHEN TG_OP = 'INSERT' THEN 'began'
      WHEN NEW.ended IS DISTINCT FROM OLD.ended THEN 'ended'
      WHEN coalesce(NEW.pause #> '{incident,denied}', NEW.pause #> '{regression,denied}')
        IS DISTINCT FROM coalesce(OLD.pause #> '{incident,denied}', OLD.pause #> '{regression,denied}') THEN 'denied'
      ELSE 'grew'
    END,
    NEW.pause, NEW.ended
  );
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION journal.keep_pause_change() FROM PUBLIC;
CREATE TRIGGER pause_is_news AFTER INSERT ON journal.pause FOR EACH ROW EXECUTE FUNCTION journal.keep_pause_change();
CREATE TRIGGER pause_is_otherwise AFTER UPDATE ON journal.pause FOR EACH ROW
  WHEN ((OLD.pause, OLD.ended) IS DISTINCT FROM (NEW.pause, NEW.ended)) EXECUTE FUNCTION journal.keep_pause_change();

-- Of those before, who is in force is news to whoever subscribes.
INSERT INTO journal.pause_change (change, pause) SELECT 'began', pause FROM journal.pause WHERE ended IS NULL ORDER BY position;
