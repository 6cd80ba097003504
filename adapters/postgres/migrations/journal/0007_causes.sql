-- Commands and timers say which event issued them (its ce_id), so that a result or a firing names a cause that every
-- subscriber can find. A timer of an earlier release, or of a copy that still runs one, names none.
ALTER TABLE journal.timer ADD COLUMN issued_by text;

-- What is open gets the event that issued it: a timer's is the one by which its stage was entered.
UPDATE journal.timer AS timer
SET issued_by = timer.node_key || '@' || installation.epoch || '.' || entered.version || '/ProcessEvent'
FROM journal.installation AS installation, (
  SELECT fact.node_key, fact.process_id, fact.data ->> 'stageEntry' AS stage_entry, max(fact.version) AS version
  FROM journal.fact AS fact
  WHERE fact.type = 'StageEntered' AND fact.node_key IN (SELECT node_key FROM journal.timer)
  GROUP BY 1, 2, 3
) AS entered
WHERE entered.node_key = timer.node_key AND entered.process_id = timer.process_id
  AND entered.stage_entry = timer.stage_entry::text;

-- A command's number has always begun with the version of the fact that issued it.
UPDATE journal.command AS command
SET command = command.command || jsonb_build_object('issuedBy', command.node_key || '@' || installation.epoch || '.'
  || substring(command.id FROM '\.([0-9]+)-[0-9]+$') || '/ProcessEvent')
FROM journal.installation AS installation
WHERE command.status IN ('waiting', 'attempting') AND command.id ~ '\.[0-9]+-[0-9]+$';
