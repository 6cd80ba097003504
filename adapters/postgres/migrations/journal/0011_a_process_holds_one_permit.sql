-- A process that isolates its node again (it was made anew under its name) asks for a permit that it holds already. Where the
-- fleet allows one at a time it waited for itself, for ever, and everybody else for it.
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
      ) AND NOT EXISTS (
        -- Its process took it, and holds it until the node is returned.
        SELECT FROM journal.permit p
        WHERE p.process_id = wanted.process_id AND p.counter = asked.counter
          AND p.until = 'returned' AND asked.until = 'returned'
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
