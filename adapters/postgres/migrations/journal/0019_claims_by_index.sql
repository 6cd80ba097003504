-- What a claim reads is a few rows of tables that may hold many, and functions keep the plans that they made when those held none: some
-- read every command for each counter of each claim. Now each question names the index it is answered by, and no plan of these
-- functions reads a whole table where an index is there.

-- As in 0017. The first of each line is looked at, and no others: it comes before all of them. In a language that keeps
-- its plans: SQL made one for each call.
CREATE OR REPLACE FUNCTION journal.others_come_first(
  of_lines text[], at bigint, my_rank bigint, command_position bigint, change_position bigint
) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (
    SELECT FROM unnest(of_lines) AS line (name) CROSS JOIN LATERAL (
      SELECT FROM journal.command other
      WHERE other.waiting_line = line.name AND other.waiting_line IS NOT NULL AND other.status = 'waiting'
        AND (journal.command_rank(other.created_at, other.head_start, other.attempts), other.position)
          < (my_rank, command_position)
        AND NOT EXISTS (
          SELECT FROM journal.parked_node parked
          WHERE parked.node_key = other.node_key AND parked.kind = 'failed'
        )
      ORDER BY journal.command_rank(other.created_at, other.head_start, other.attempts), other.position LIMIT 1
    ) AS first
  ) OR EXISTS (
    SELECT FROM unnest(of_lines) AS line (name) CROSS JOIN LATERAL (
      SELECT FROM journal.change other
      WHERE other.waiting_line = line.name AND other.waiting_line IS NOT NULL AND other.status = 'waiting'
        AND other.lease_until > at
        AND (other.asked_at - other.head_start, other.position) < (my_rank, change_position)
      ORDER BY other.asked_at - other.head_start, other.position LIMIT 1
    ) AS first
  );
END $$;

-- As in 0017, and: what is held already is read once, by the index of its holder.
CREATE OR REPLACE FUNCTION journal.take_counters(
  taker text, holder text, node text, at bigint, budgets jsonb,
  my_rank bigint, command_position bigint, change_position bigint,
  OUT refused_by text, OUT refused_why text
) LANGUAGE plpgsql AS $$
DECLARE
  -- What an earlier attempt took and still holds, and what its process took and holds until the node is returned.
  taken text[];
  kept text[];
  wanted jsonb;
BEGIN
  -- Called with a node's key, whose collation is "C", all texts of this function are: by another collation than its own no index helps.
  SELECT array_agg(p.counter) FILTER (WHERE p.command_id = taker), array_agg(p.counter) FILTER (WHERE p.until = 'returned')
    INTO taken, kept FROM journal.permit p WHERE p.process_id = holder COLLATE "default";
  wanted := (
    SELECT jsonb_agg(asked) FROM jsonb_array_elements(budgets) AS asked
    WHERE (asked ->> 'counter' = ANY (taken)) IS NOT TRUE
      AND (asked ->> 'until' = 'returned' AND asked ->> 'counter' = ANY (kept)) IS NOT TRUE
  );
  SELECT b.counter, CASE WHEN b.used < ask.cap THEN 'behind' ELSE 'full' END INTO refused_by, refused_why
  FROM jsonb_to_recordset(wanted) AS ask (counter text, line text, "yieldsTo" text, cap integer)
  JOIN journal.budget b ON b.counter = ask.counter
  WHERE b.used >= ask.cap OR journal.others_come_first(
    ARRAY[ask.line, ask."yieldsTo"], at, my_rank, command_position, change_position
  )
  ORDER BY b.counter COLLATE "C" LIMIT 1;
  IF refused_by IS NOT NULL THEN RETURN; END IF;
  UPDATE journal.budget b SET used = b.used + 1, touched_at = at
  FROM jsonb_to_recordset(wanted) AS ask (counter text) WHERE b.counter = ask.counter;
  INSERT INTO journal.permit (command_id, counter, process_id, node_key, until, operation, taken_at)
  SELECT taker, ask.counter, holder, node, ask.until, ask.operation, at
  FROM jsonb_to_recordset(wanted) AS ask (counter text, until text, operation text);
END $$;

ALTER FUNCTION journal.claim_in_lines(text, bigint, bigint, jsonb) SET enable_seqscan = off;
ALTER FUNCTION journal.grant_changes(bigint, jsonb) SET enable_seqscan = off;
