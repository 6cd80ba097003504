-- An event is made again from its fact, exactly as it was published, when the fact knows these two: under which epoch of the
-- journal it was published, and which record it followed from (its ce_id; NULL: the input itself).
-- What was decided before this migration gets the epoch of today, and is said to follow from its input.
CREATE FUNCTION journal.present_epoch() RETURNS integer LANGUAGE sql STABLE
AS 'SELECT epoch FROM journal.installation';
REVOKE EXECUTE ON FUNCTION journal.present_epoch() FROM PUBLIC;

-- The default is for copies that still run the release before.
ALTER TABLE journal.fact
  ADD COLUMN epoch integer NOT NULL DEFAULT journal.present_epoch(),
  ADD COLUMN caused_by text;
