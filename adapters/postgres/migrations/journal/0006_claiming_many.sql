-- The oldest open commands are found by their place in the queue: without this every look at it sorted all that are
-- open, and a thousand open commands are looked at a thousand times.
CREATE INDEX command_open_by_position ON journal.command (position) WHERE status IN ('waiting', 'attempting');

-- Several claims in one transaction. Claims of one kind all count on the same budget, whose row stays locked until the
-- commit is on disk: one transaction each would make a thousand claims wait for a thousand disk writes, one by one.
-- Commands are locked first and in one order, budgets then in one order too, so that two copies can't block each other.
CREATE FUNCTION journal.claim_commands(claimant text, at bigint, lease_until bigint, asked jsonb)
RETURNS TABLE (id text, kind text, attempt integer, refused_by text) LANGUAGE plpgsql AS $$
DECLARE
  ask record;
BEGIN
  PERFORM FROM journal.command c
  WHERE c.id IN (SELECT one ->> 'id' FROM jsonb_array_elements(asked) AS one)
  ORDER BY c.id COLLATE "C" FOR UPDATE;
  FOR ask IN
    SELECT one ->> 'id' AS command_id,
      ARRAY(SELECT budget ->> 'counter' FROM jsonb_array_elements(one -> 'budgets') AS budget) AS counters,
      ARRAY(SELECT (budget ->> 'cap')::integer FROM jsonb_array_elements(one -> 'budgets') AS budget) AS caps,
      ARRAY(SELECT budget ->> 'until' FROM jsonb_array_elements(one -> 'budgets') AS budget) AS kinds
    FROM jsonb_array_elements(asked) WITH ORDINALITY AS list (one, place)
    ORDER BY
      (SELECT min((budget ->> 'counter') COLLATE "C") FROM jsonb_array_elements(one -> 'budgets') AS budget)
        NULLS FIRST,
      place
  LOOP
    id := ask.command_id;
    SELECT answer.kind, answer.attempt, answer.refused_by INTO kind, attempt, refused_by
    FROM journal.claim_command(ask.command_id, claimant, at, lease_until, ask.counters, ask.caps, ask.kinds) AS answer;
    RETURN NEXT;
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION journal.claim_commands(text, bigint, bigint, jsonb) FROM PUBLIC;

-- Which nodes are out of service by us, for the guard's count of the fleet. Permits of rates are kept for weeks, and each
-- question read through all of them.
CREATE INDEX permit_held_until_returned ON journal.permit (node_key) WHERE until = 'returned';
