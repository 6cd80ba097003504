-- What people did with dead letters. The records themselves stay in their topic, untouched, until it forgets them; here
-- stands that nobody needs to be asked about one any more. Never pruned: it says who decided what.
CREATE TABLE journal.dead_letter (
  topic text NOT NULL,
  log_partition integer NOT NULL,
  log_offset bigint NOT NULL,
  log_id text NOT NULL,
  handled text NOT NULL CHECK (handled IN ('retried', 'dropped')),
  at bigint NOT NULL,
  subject text NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (log_id, topic, log_partition, log_offset)
);
