-- Facts of long ago lie in files (docs/decisions/0026). Here stands which file holds which, and the state of a node behind
-- its last archived fact, on which those that are kept fold.
CREATE TABLE journal.archive_file (
  file_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL UNIQUE,
  -- Bytes before its first facts.
  header_length integer NOT NULL,
  byte_length bigint NOT NULL,
  sha256 text NOT NULL,
  facts integer NOT NULL,
  first_node text NOT NULL COLLATE "C",
  last_node text NOT NULL COLLATE "C",
  archived_at bigint NOT NULL
);

-- Facts of one node that follow each other, in a range of bytes of its own. The digest is over header and range.
CREATE TABLE journal.archived_stretch (
  node_key text NOT NULL COLLATE "C",
  first_version integer NOT NULL,
  last_version integer NOT NULL,
  file_id integer NOT NULL REFERENCES journal.archive_file,
  byte_offset bigint NOT NULL,
  byte_length integer NOT NULL,
  sha256 text NOT NULL,
  PRIMARY KEY (node_key, last_version),
  CHECK (first_version <= last_version)
);

CREATE TABLE journal.node_snapshot (
  node_key text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL,
  state jsonb NOT NULL
);

-- When a run last came to its end: files are made once a day, by whichever copy comes first.
CREATE TABLE journal.archive_run (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  finished_at bigint NOT NULL
);
