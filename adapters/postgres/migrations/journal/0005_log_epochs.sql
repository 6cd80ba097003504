-- Who began to read another log, and why. The first epoch is that of the installation's beginning.
CREATE TABLE journal.log_epoch (
  log_epoch integer PRIMARY KEY,
  started_at bigint NOT NULL,
  subject text NOT NULL,
  reason text NOT NULL
);
