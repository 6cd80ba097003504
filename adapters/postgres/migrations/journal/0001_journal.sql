-- The journal: the only place where something is decided. All times are milliseconds since the epoch in the
-- installation's time (the demo's runs ahead of the wall clock), hence bigint and no timestamptz.
CREATE SCHEMA journal;

-- One row. Which journal this is, and what must never change under it.
CREATE TABLE journal.installation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id text NOT NULL CHECK (id ~ '^[a-z0-9]{1,20}$'),
  epoch integer NOT NULL CHECK (epoch > 0),
  paused boolean NOT NULL,
  log_epoch integer NOT NULL DEFAULT 1,
  partition_count integer NOT NULL CHECK (partition_count > 0),
  outbox_partitions integer NOT NULL CHECK (outbox_partitions > 0)
);

-- The fence: what is below next_offset was decided, whatever a broker or a zombie says.
CREATE TABLE journal.consumed_offset (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  log_partition integer NOT NULL,
  next_offset bigint NOT NULL,
  log_id text NOT NULL,
  log_epoch integer NOT NULL,
  PRIMARY KEY (consumer_group, topic, log_partition)
) WITH (fillfactor = 50);

-- Records that the log dropped before they were read.
CREATE TABLE journal.lost_input (
  consumer_group text NOT NULL,
  topic text NOT NULL,
  log_partition integer NOT NULL,
  from_offset bigint NOT NULL,
  to_offset bigint NOT NULL,
  noticed_at bigint NOT NULL,
  PRIMARY KEY (consumer_group, topic, log_partition, from_offset)
);

-- An input whose decision the database refused even as a parked one: kept here so that its partition goes on.
CREATE TABLE journal.quarantined_input (
  cause_id uuid PRIMARY KEY,
  node_key text NOT NULL COLLATE "C",
  input bytea NOT NULL,
  reason text NOT NULL,
  quarantined_at bigint NOT NULL
);

-- Locked in the order of its key by whoever decides; byte order, so that every copy agrees on it.
CREATE TABLE journal.node_state (
  node_key text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL,
  state jsonb NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE journal.fact (
  node_key text NOT NULL COLLATE "C",
  version integer NOT NULL,
  type text NOT NULL,
  at bigint NOT NULL,
  cause_id text NOT NULL,
  process_id text,
  data jsonb NOT NULL,
  patch jsonb NOT NULL,
  evolve_version smallint NOT NULL,
  PRIMARY KEY (node_key, version)
) PARTITION BY HASH (node_key);
CREATE TABLE journal.fact_0 PARTITION OF journal.fact FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE journal.fact_1 PARTITION OF journal.fact FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE journal.fact_2 PARTITION OF journal.fact FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE journal.fact_3 PARTITION OF journal.fact FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE journal.fact_4 PARTITION OF journal.fact FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE journal.fact_5 PARTITION OF journal.fact FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE journal.fact_6 PARTITION OF journal.fact FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE journal.fact_7 PARTITION OF journal.fact FOR VALUES WITH (MODULUS 8, REMAINDER 7);

-- Causes that were decided. Not partitioned by day: a cause is unique over all days, which a partitioned key can't say.
CREATE TABLE journal.input_seen (
  cause_id uuid PRIMARY KEY,
  seen_at bigint NOT NULL
);
CREATE INDEX input_seen_by_age ON journal.input_seen USING brin (seen_at);

-- Reports that changed nothing, counted. `digest` stands for the four texts: raw producers write texts longer than an
-- index entry may be.
CREATE TABLE journal.report_repeat (
  node_key text NOT NULL COLLATE "C",
  digest uuid NOT NULL,
  type text NOT NULL,
  source text NOT NULL,
  fate text NOT NULL,
  reason text,
  first_at bigint NOT NULL,
  last_at bigint NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (node_key, digest)
) WITH (fillfactor = 70);

CREATE TABLE journal.timer (
  process_id text NOT NULL,
  name text NOT NULL,
  node_key text NOT NULL COLLATE "C",
  stage_entry integer NOT NULL,
  due_at bigint NOT NULL,
  PRIMARY KEY (process_id, name)
);
CREATE INDEX timer_by_due ON journal.timer (due_at);
CREATE INDEX timer_by_node ON journal.timer (node_key);

CREATE TABLE journal.command (
  id text PRIMARY KEY,
  position bigint GENERATED ALWAYS AS IDENTITY,
  node_key text NOT NULL COLLATE "C",
  process_id text NOT NULL,
  command jsonb NOT NULL,
  writes boolean NOT NULL,
  status text NOT NULL CHECK (status IN ('waiting', 'attempting', 'settled', 'revoked')),
  -- Waiting: not before this time. Attempting: when the claim runs out.
  due_at bigint NOT NULL,
  waiting_reason text,
  claimed_by text,
  attempts integer NOT NULL DEFAULT 0,
  -- An attempt was made whose end nobody saw; stays until the command is settled.
  unfinished boolean NOT NULL DEFAULT false,
  result jsonb,
  created_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX command_one_attempt_per_node ON journal.command (node_key) WHERE status = 'attempting';
CREATE INDEX command_open ON journal.command (node_key, position) WHERE status IN ('waiting', 'attempting');
CREATE INDEX command_due ON journal.command (due_at) WHERE status IN ('waiting', 'attempting');
CREATE INDEX command_by_process ON journal.command (process_id, position);

CREATE TABLE journal.budget (
  counter text PRIMARY KEY,
  used integer NOT NULL CHECK (used >= 0),
  touched_at bigint NOT NULL
) WITH (fillfactor = 30);

CREATE TABLE journal.permit (
  command_id text NOT NULL,
  counter text NOT NULL,
  process_id text NOT NULL,
  node_key text NOT NULL COLLATE "C",
  until text NOT NULL CHECK (until IN ('settled', 'returned', 'never')),
  taken_at bigint NOT NULL,
  PRIMARY KEY (command_id, counter)
);
CREATE INDEX permit_by_process ON journal.permit (process_id);
CREATE INDEX permit_by_node ON journal.permit (node_key);

CREATE TABLE journal.outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  outbox_partition smallint NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  event text,
  body bytea,
  headers jsonb NOT NULL,
  when_sent jsonb,
  sent_at bigint
) WITH (
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_insert_scale_factor = 0.05
);
CREATE INDEX outbox_unsent ON journal.outbox (outbox_partition, position) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent ON journal.outbox USING brin (sent_at);

-- A projection of node_state and of the facts ProcessStarted and ProcessEnded, for people and for releasing permits.
CREATE TABLE journal.process (
  process_id text PRIMARY KEY,
  node_key text NOT NULL COLLATE "C",
  workflow text NOT NULL,
  fault_type text NOT NULL,
  stage text NOT NULL,
  started_at bigint NOT NULL,
  ended_at bigint,
  outcome text,
  reason text,
  waiting_for text
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX process_one_active_per_node ON journal.process (node_key) WHERE ended_at IS NULL;
CREATE INDEX process_by_start ON journal.process (started_at, process_id COLLATE "C");
CREATE INDEX process_by_node ON journal.process (node_key, started_at);

-- The guard's picture of the fleet. A cluster's row says when it was looked at as a whole or in part.
CREATE TABLE journal.fleet_cluster (
  cluster text PRIMARY KEY,
  observed_at bigint NOT NULL
);
CREATE TABLE journal.fleet_member (
  node_key text COLLATE "C" PRIMARY KEY,
  cluster text NOT NULL,
  pool text NOT NULL,
  zone text NOT NULL,
  unavailable boolean NOT NULL,
  control_plane boolean NOT NULL,
  observed_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX fleet_member_by_cluster ON journal.fleet_member (cluster);
