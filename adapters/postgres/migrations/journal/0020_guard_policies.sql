-- Versions of the guard's policy that were taken up, in their order; nothing is ever taken out. Text and not jsonb: it is the
-- very text that the version is a digest of, with whatever characters a configuration holds.
CREATE TABLE journal.guard_policy (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version text NOT NULL,
  policy text NOT NULL,
  at bigint NOT NULL,
  copy text NOT NULL
);
