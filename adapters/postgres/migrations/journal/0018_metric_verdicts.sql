-- What business metrics were seen to say. `metric` holds the latest of each; `metric_verdict` what was recorded for good: each
-- that says something else than the one before, and one in ten minutes. Nothing is ever taken out of that.
CREATE TABLE journal.metric (
  name text PRIMARY KEY,
  verdict jsonb NOT NULL,
  -- Since when it has been good, or has not been.
  since bigint NOT NULL,
  recorded_at bigint NOT NULL
);
CREATE TABLE journal.metric_verdict (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  metric text NOT NULL,
  verdict jsonb NOT NULL
);
CREATE INDEX metric_verdict_by_metric ON journal.metric_verdict (metric, position);
-- Whoever asked for leave before gets none.
CREATE TRIGGER metric_verdict_recorded AFTER INSERT ON journal.metric_verdict
  FOR EACH ROW EXECUTE FUNCTION journal.count_guard_version();
-- Whether a person ended the pause that this verdict's metric had begun.
CREATE INDEX pause_by_key ON journal.pause (key, position);
