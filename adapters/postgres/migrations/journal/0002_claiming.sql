-- Claim and settlement in one round trip each. They are functions because each is a short transaction on the way from
-- a report to a cordoned node, where every round trip counts.

-- Gives back the permits of these commands or processes. Budgets are locked in the order of their names, as in
-- claim_command, so that the two can't block each other.
CREATE FUNCTION journal.release_permits(commands text[], processes text[], kinds text[]) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  given record;
  released integer := 0;
BEGIN
  FOR given IN
    WITH gone AS (
      DELETE FROM journal.permit
      WHERE (command_id = ANY (commands) OR process_id = ANY (processes)) AND until = ANY (kinds)
      RETURNING counter, until
    )
    SELECT counter, count(*)::integer AS number FROM gone WHERE until <> 'never'
    GROUP BY counter ORDER BY counter COLLATE "C"
  LOOP
    UPDATE journal.budget SET used = greatest(used - given.number, 0) WHERE counter = given.counter;
    released := released + given.number;
  END LOOP;
  RETURN released;
END $$;

-- Answers 'claimed' with the number of the attempt, 'gone', or 'refused' with the counter that is full.
CREATE FUNCTION journal.claim_command(
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

-- True: settled now, its signal is in the outbox and its permits are given back. False: it was over before.
CREATE FUNCTION journal.settle_command(
  command_id text, command_result jsonb, returned boolean,
  to_partition smallint, to_topic text, with_key text, of_event text, with_body bytea, with_headers jsonb,
  then_send jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  of_process text;
BEGIN
  UPDATE journal.command c SET status = 'settled', result = command_result, waiting_reason = NULL
  WHERE c.id = command_id AND c.status IN ('waiting', 'attempting')
  RETURNING c.process_id INTO of_process;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO journal.outbox (outbox_partition, topic, key, event, body, headers, when_sent)
  VALUES (to_partition, to_topic, with_key, of_event, with_body, with_headers, then_send);
  IF returned THEN
    PERFORM journal.release_permits(ARRAY[command_id], ARRAY[of_process], ARRAY['settled', 'returned']);
  ELSE
    PERFORM journal.release_permits(ARRAY[command_id], ARRAY[]::text[], ARRAY['settled']);
  END IF;
  RETURN true;
END $$;
