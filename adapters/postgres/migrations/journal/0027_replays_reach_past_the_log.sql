-- A replay to a subscriber by webhook reaches past the log: what the log has forgotten is made again from the journal
-- (docs/decisions/0022). At most one for each subscriber, for as long as the journal is read for it.
CREATE TABLE journal.webhook_journal_replay (
  subscriber text PRIMARY KEY REFERENCES journal.webhook_subscriber,
  replay_id text NOT NULL,
  -- What was decided at this time or later…
  since bigint NOT NULL,
  -- …and before this one.
  until bigint NOT NULL,
  -- All before this fact, where facts stand node after node, was delivered or is kept.
  node_key text COLLATE "C",
  version integer,
  CHECK ((node_key IS NULL) = (version IS NULL))
);

-- What was made again has no place in the log, and is known by its id.
ALTER TABLE journal.webhook_event
  ALTER COLUMN log_id DROP NOT NULL,
  ALTER COLUMN log_partition DROP NOT NULL,
  ALTER COLUMN log_offset DROP NOT NULL,
  ADD CHECK (num_nulls(log_id, log_partition, log_offset) IN (0, 3));
CREATE UNIQUE INDEX webhook_event_without_place ON journal.webhook_event (subscriber, event_id) WHERE log_id IS NULL;
