-- What may be forgotten: everything here answers only for a time. Facts, commands and processes are never pruned.
CREATE FUNCTION journal.prune(before bigint, OUT causes bigint, OUT sent bigint, OUT rates bigint)
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM journal.input_seen WHERE seen_at < before;
  GET DIAGNOSTICS causes = ROW_COUNT;
  DELETE FROM journal.outbox WHERE sent_at < before;
  GET DIAGNOSTICS sent = ROW_COUNT;
  -- Rates are counted per window and never given back; a counter that no permit holds and nobody touched is over.
  DELETE FROM journal.permit WHERE until = 'never' AND taken_at < before;
  DELETE FROM journal.budget b WHERE b.touched_at < before
    AND NOT EXISTS (SELECT FROM journal.permit p WHERE p.counter = b.counter);
  GET DIAGNOSTICS rates = ROW_COUNT;
END $$;

-- The role of history and replay: it reads, and nothing else. Roles belong to the whole server, so another database
-- may have made it, even at this moment.
DO $$
BEGIN
  CREATE ROLE faultline_reader NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END $$;
DO $$
BEGIN
  IF NOT pg_has_role(current_user, 'faultline_reader', 'SET') THEN
    EXECUTE format('GRANT faultline_reader TO %I', current_user);
  END IF;
END $$;
GRANT USAGE ON SCHEMA journal TO faultline_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA journal TO faultline_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA journal GRANT SELECT ON TABLES TO faultline_reader;
-- Functions are executable by everyone unless it is taken back.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA journal FROM PUBLIC;
