-- The embedded event log: what Kafka is in a large installation. Offsets are dense and in commit order, because the
-- row of a partition stays locked from the moment an append has taken its offsets until it commits.
CREATE SCHEMA event_log;

-- One row. Another identity means that offsets kept elsewhere say nothing about this log.
CREATE TABLE event_log.log_identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  log_id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO event_log.log_identity DEFAULT VALUES;

CREATE TABLE event_log.log_topic (
  topic_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL UNIQUE,
  partitions integer NOT NULL CHECK (partitions > 0),
  -- -1: for ever
  retention_ms bigint NOT NULL,
  compacted boolean NOT NULL
);

CREATE TABLE event_log.log_partition (
  topic_id integer NOT NULL REFERENCES event_log.log_topic,
  partition integer NOT NULL,
  low_offset bigint NOT NULL DEFAULT 0,
  next_offset bigint NOT NULL DEFAULT 0,
  -- Append times never go backwards, also when the clock does.
  last_appended_at bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic_id, partition),
  CHECK (low_offset <= next_offset)
) WITH (fillfactor = 50);

CREATE TABLE event_log.log_record (
  topic_id integer NOT NULL,
  partition integer NOT NULL,
  record_offset bigint NOT NULL,
  -- Milliseconds, in the installation's time (its clock may run ahead of the wall clock).
  appended_at bigint NOT NULL,
  -- UTF-8. Not text, because text can't hold NUL.
  key bytea NOT NULL,
  -- A JSON object of strings as UTF-8, for the same reason.
  headers bytea NOT NULL,
  -- NULL: a tombstone.
  value bytea,
  PRIMARY KEY (topic_id, partition, record_offset)
);

-- A member of a group proves that it lives in two ways: its connection holds the advisory lock of its number (gone at
-- once when its process dies), and its lease is renewed (runs out when it hangs).
CREATE TABLE event_log.log_member (
  member_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  group_name text NOT NULL,
  topics text[] NOT NULL,
  -- The database's own wall clock: an installation's clock that jumps must not end leases.
  lease_until timestamptz NOT NULL
);
CREATE INDEX log_member_of_group ON event_log.log_member (group_name);

-- Who reads a partition for a group. A partition is taken over only when its owner gave it back or is dead, so two
-- members never read it at the same time.
CREATE TABLE event_log.log_ownership (
  group_name text NOT NULL,
  topic_id integer NOT NULL,
  partition integer NOT NULL,
  member_id integer NOT NULL REFERENCES event_log.log_member ON DELETE CASCADE,
  PRIMARY KEY (group_name, topic_id, partition)
);
CREATE INDEX log_ownership_of_member ON event_log.log_ownership (member_id);
