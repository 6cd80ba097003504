-- Subscribers by webhook, how far each has come, and what it has not got yet (docs/decisions/0022).
CREATE TABLE journal.webhook_subscriber (
  name text PRIMARY KEY,
  -- Who delivers holds a session lock of this number.
  lock_number integer NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
  -- Counts what was ordered about it.
  orders integer NOT NULL DEFAULT 0,
  paused_by text,
  paused_reason text,
  paused_at bigint,
  -- Ordered and not begun.
  replay_id text,
  replay_since bigint
);

CREATE TABLE journal.webhook_cursor (
  subscriber text NOT NULL REFERENCES journal.webhook_subscriber,
  topic text NOT NULL,
  log_partition integer NOT NULL,
  log_id text NOT NULL,
  next_offset bigint NOT NULL,
  -- What lies before this offset comes again.
  replay_id text,
  replay_until bigint,
  PRIMARY KEY (subscriber, topic, log_partition)
);

CREATE TABLE journal.webhook_event (
  place bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  subscriber text NOT NULL REFERENCES journal.webhook_subscriber,
  log_id text NOT NULL,
  topic text NOT NULL,
  log_partition integer NOT NULL,
  log_offset bigint NOT NULL,
  node text NOT NULL,
  event_id text NOT NULL,
  -- The CloudEvent as JSON; bytes, since it may hold what a text can't.
  event bytea NOT NULL,
  appended_at bigint NOT NULL,
  replay_id text,
  -- Dropped ones stay: they say who decided so.
  state text NOT NULL CHECK (state IN ('waiting', 'dead', 'dropped')),
  first_tried_at bigint NOT NULL,
  tries integer NOT NULL,
  due_at bigint NOT NULL,
  reason text NOT NULL,
  dropped_by text,
  dropped_reason text,
  dropped_at bigint,
  UNIQUE (subscriber, log_id, topic, log_partition, log_offset)
);
CREATE INDEX webhook_event_by_state ON journal.webhook_event (subscriber, state, place);
