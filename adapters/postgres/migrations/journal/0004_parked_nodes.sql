-- Nodes whose inputs can't be processed, beside their states: what claims commands, counts the fleet or tries again has
-- to find the few among many without reading states.
CREATE TABLE journal.parked_node (
  node_key text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('failed', 'unknown-workflow')),
  reason text NOT NULL,
  since bigint NOT NULL,
  attempts integer NOT NULL,
  tried_at bigint NOT NULL,
  version integer NOT NULL
);

-- Inputs of parked nodes, in the order in which they were read. A report that only repeats an earlier one is kept
-- without its content. What was taken up stays until nothing of its node waits: others may repeat it.
CREATE TABLE journal.waiting_input (
  node_key text NOT NULL COLLATE "C",
  place integer NOT NULL,
  cause_id text NOT NULL,
  at bigint NOT NULL,
  -- JSON as UTF-8; jsonb refuses some texts that a report may hold.
  input bytea,
  repeats integer,
  sequence bigint,
  taken boolean NOT NULL DEFAULT false,
  PRIMARY KEY (node_key, place),
  CHECK ((input IS NULL) <> (repeats IS NULL))
);
CREATE INDEX waiting_input_whole ON journal.waiting_input (node_key, place) WHERE repeats IS NULL;

-- What can't even be parked goes to the dead letters, as what can't be decoded does. Rows that an earlier release set
-- aside follow, so that nobody has to look for them here.
INSERT INTO journal.outbox (outbox_partition, topic, key, body, headers)
SELECT 0, 'fault.reports.dlt', node_key, input, jsonb_build_object('dlt_reason', reason)
FROM journal.quarantined_input ORDER BY quarantined_at;
DROP TABLE journal.quarantined_input;

-- As before, but no command of a parked node is claimed: what its process knows is not up to date.
CREATE OR REPLACE FUNCTION journal.claim_command(
  command_id text, claimant text, at bigint, lease_until bigint, counters text[], caps integer[], kinds text[],
  OUT kind text, OUT attempt integer, OUT refused_by text
) LANGUAGE plpgsql AS $$
DECLARE
  wanted journal.command;
  ask record;
BEGIN
  SELECT * INTO wanted FROM journal.command c WHERE c.id = command_id FOR UPDATE;
  IF NOT FOUND OR wanted.status NOT IN ('waiting', 'attempting') OR wanted.due_at > at OR EXISTS (
    SELECT FROM journal.command earlier
    WHERE earlier.node_key = wanted.node_key AND earlier.position < wanted.position
      AND earlier.status IN ('waiting', 'attempting')
  ) OR EXISTS (
    SELECT FROM journal.parked_node parked WHERE parked.node_key = wanted.node_key AND parked.kind = 'failed'
  ) THEN
    kind := 'gone';
    RETURN;
  END IF;
  BEGIN
    FOR ask IN
      SELECT counter, cap, until FROM unnest(counters, caps, kinds) AS asked (counter, cap, until)
      WHERE NOT EXISTS (
        -- An earlier attempt of this command took it and still holds it.
        SELECT FROM journal.permit p WHERE p.command_id = claim_command.command_id AND p.counter = asked.counter
      )
      ORDER BY counter COLLATE "C"
    LOOP
      INSERT INTO journal.budget (counter, used, touched_at) VALUES (ask.counter, 0, at) ON CONFLICT DO NOTHING;
      UPDATE journal.budget b SET used = b.used + 1, touched_at = at
      WHERE b.counter = ask.counter AND b.used < ask.cap;
      IF NOT FOUND THEN
        refused_by := ask.counter;
        -- Undoes what this block has taken.
        RAISE EXCEPTION USING ERRCODE = 'FL001', MESSAGE = 'budget used up';
      END IF;
      INSERT INTO journal.permit (command_id, counter, process_id, node_key, until, taken_at)
      VALUES (command_id, ask.counter, wanted.process_id, wanted.node_key, ask.until, at);
    END LOOP;
  EXCEPTION WHEN SQLSTATE 'FL001' THEN
    kind := 'refused';
    RETURN;
  END;
  UPDATE journal.command c
  SET status = 'attempting', due_at = lease_until, claimed_by = claimant, attempts = c.attempts + 1,
      waiting_reason = NULL, unfinished = c.unfinished OR wanted.status = 'attempting'
  WHERE c.id = command_id
  RETURNING c.attempts INTO attempt;
  kind := 'claimed';
END $$;
