-- A year of one report said every ten seconds kept 180,000 causes of 21 days, 30 MB, to tell nothing new. The id that intake
-- gives to a report can come again only while intake itself still appends it; so where such a report changed nothing, its
-- cause is kept for as long as the log's time has moved on a little, and not for as long as the log keeps its records.
-- Causes of what changed something, and all that anybody may say again later, stay in input_seen.
CREATE TABLE journal.report_seen (
  cause_id uuid PRIMARY KEY,
  -- The log's append time of the last record that was read with it, ms.
  appended_at bigint NOT NULL,
  place integer NOT NULL
);
CREATE INDEX report_seen_by_age ON journal.report_seen USING brin (appended_at);

-- How far a partition was read, in the log's own time: by that causes grow old (a consumer that stood still for a day has
-- not read the redelivery of what it read last), and a log that was made anew has nothing from before.
ALTER TABLE journal.consumed_offset
  ADD COLUMN place integer GENERATED ALWAYS AS IDENTITY,
  ADD COLUMN appended_at bigint;

-- Forgets reports behind which their partition was read by more than `within` ms, and all from before an instant.
CREATE FUNCTION journal.forget_reports(before bigint, within bigint, OUT reports bigint) LANGUAGE plpgsql AS $$
DECLARE
  newest bigint := (SELECT max(appended_at) FROM journal.consumed_offset);
BEGIN
  DELETE FROM journal.report_seen AS seen
  WHERE seen.appended_at < greatest(newest - within, before) AND (
    seen.appended_at < before OR NOT EXISTS (
      SELECT FROM journal.consumed_offset AS offsets
      WHERE offsets.place = seen.place AND offsets.appended_at <= seen.appended_at + within
    )
  );
  GET DIAGNOSTICS reports = ROW_COUNT;
END $$;
REVOKE EXECUTE ON FUNCTION journal.forget_reports(bigint, bigint) FROM PUBLIC;
