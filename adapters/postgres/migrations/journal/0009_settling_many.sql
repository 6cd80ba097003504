-- Several settlements in one transaction, as claims in 0006: a thousand results need not wait for a thousand commits, nor
-- does each of them lock the budgets anew. Commands are locked first and in one order, budgets after them in one order, as
-- when they are claimed, so that the two can't block each other.
-- settle_command stays for copies that run the release before.
-- Returns the ids of those that were settled now; the others were over before, and nothing of theirs was written.
CREATE FUNCTION journal.settle_commands(
  ids text[], results jsonb[], returned boolean[], to_partitions smallint[], to_topics text[], with_keys text[],
  of_events text[], with_bodies bytea[], with_headers jsonb[], then_send jsonb[]
) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  settled text[];
  returning_commands text[];
  returning_processes text[];
BEGIN
  PERFORM FROM journal.command c WHERE c.id = ANY (ids) ORDER BY c.id COLLATE "C" FOR UPDATE;
  WITH asked AS (
    SELECT * FROM unnest(ids, results, returned) AS one (id, result, is_return)
  ), done AS (
    UPDATE journal.command c SET status = 'settled', result = asked.result, waiting_reason = NULL
    FROM asked WHERE c.id = asked.id AND c.status IN ('waiting', 'attempting')
    RETURNING c.id, c.process_id, asked.is_return
  )
  SELECT array_agg(done.id), array_agg(done.id) FILTER (WHERE done.is_return),
    array_agg(done.process_id) FILTER (WHERE done.is_return)
  INTO settled, returning_commands, returning_processes FROM done;
  IF settled IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO journal.outbox (outbox_partition, topic, key, event, body, headers, when_sent)
  SELECT entry.to_partition, entry.topic, entry.key, entry.event, entry.body, entry.headers, entry.when_sent
  FROM unnest(ids, to_partitions, to_topics, with_keys, of_events, with_bodies, with_headers, then_send)
    WITH ORDINALITY AS entry (id, to_partition, topic, key, event, body, headers, when_sent, place)
  WHERE entry.id = ANY (settled) ORDER BY entry.place;
  PERFORM journal.release_settled(settled, coalesce(returning_commands, '{}'), coalesce(returning_processes, '{}'));
  RETURN QUERY SELECT unnest(settled);
END $$;

-- Gives back what these settled commands held, and all that was held until their node returned by those whose node did.
CREATE FUNCTION journal.release_settled(settled text[], returning_commands text[], returning_processes text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  given record;
BEGIN
  FOR given IN
    WITH gone AS (
      DELETE FROM journal.permit p
      WHERE (p.command_id = ANY (settled) AND p.until = 'settled')
        OR ((p.command_id = ANY (returning_commands) OR p.process_id = ANY (returning_processes))
          AND p.until IN ('settled', 'returned'))
      RETURNING p.counter
    )
    SELECT gone.counter, count(*)::integer AS number FROM gone
    GROUP BY gone.counter ORDER BY gone.counter COLLATE "C"
  LOOP
    UPDATE journal.budget b SET used = greatest(b.used - given.number, 0) WHERE b.counter = given.counter;
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION journal.settle_commands(
  text[], jsonb[], boolean[], smallint[], text[], text[], text[], bytea[], jsonb[], jsonb[]) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION journal.release_settled(text[], text[], text[]) FROM PUBLIC;
