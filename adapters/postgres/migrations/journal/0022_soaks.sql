-- A change that its client says has succeeded may be watched for a while: it keeps what it took, and its node is nobody's.
ALTER TABLE journal.change ADD soak jsonb;
ALTER TABLE journal.change DROP CONSTRAINT change_status_check;
ALTER TABLE journal.change ADD CONSTRAINT change_status_check
  CHECK (status IN ('waiting', 'granted', 'soaking', 'ended'));
CREATE INDEX change_soaking ON journal.change (((soak ->> 'until')::bigint)) WHERE status = 'soaking';

-- As the end of release_changes in 0017: our own commands that waited for these changes need not any longer.
CREATE FUNCTION journal.wake_held(changes text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE journal.command SET due_at = created_at WHERE id IN (
    SELECT held.id FROM journal.command held
    JOIN journal.change over ON over.node_key = held.node_key AND over.id = ANY (changes)
    WHERE held.status = 'waiting' AND held.waiting_reason LIKE 'HeldByChange%'
    FOR UPDATE OF held SKIP LOCKED
  );
END $$;
REVOKE EXECUTE ON FUNCTION journal.wake_held(text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION journal.release_changes(changes text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM journal.release_permits(changes, ARRAY[]::text[], ARRAY['settled', 'returned']);
  PERFORM journal.wake_held(changes);
END $$;

-- As in 0017, and: what has succeeded soaks, if it has a soak. Returns whose word was taken, whether they are over or soak.
CREATE OR REPLACE FUNCTION journal.end_changes(ends jsonb) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  over text[];
  soaking text[];
  ids text[] := ARRAY(SELECT one ->> 'id' FROM jsonb_array_elements(ends) AS one);
BEGIN
  PERFORM FROM journal.change c WHERE c.id = ANY (ids) ORDER BY c.id COLLATE "C" FOR UPDATE;
  WITH begun AS (
    UPDATE journal.change c SET status = 'soaking', soak = jsonb_build_object(
      'said', one -> 'end', 'until', (one #>> '{end,at}')::bigint + (c.change ->> 'soakMs')::bigint)
    FROM jsonb_array_elements(ends) AS one
    WHERE c.id = one ->> 'id' AND c.status = 'granted' AND c.lease_until > (one #>> '{end,at}')::bigint
      AND one #>> '{end,how}' = 'succeeded' AND c.change ? 'soakMs'
    RETURNING c.id
  ) SELECT array_agg(id) INTO soaking FROM begun;
  WITH ended AS (
    UPDATE journal.change c SET status = 'ended', ended = one -> 'end', waiting_line = NULL
    FROM jsonb_array_elements(ends) AS one
    WHERE c.id = one ->> 'id' AND c.lease_until > (one #>> '{end,at}')::bigint
      AND (c.status = 'granted' OR (c.status = 'waiting' AND one #>> '{end,how}' = 'cancelled'))
    RETURNING c.id
  ) SELECT array_agg(id) INTO over FROM ended;
  PERFORM journal.wake_held(soaking) WHERE soaking IS NOT NULL;
  PERFORM journal.release_changes(over) WHERE over IS NOT NULL;
  RETURN over || soaking;
END $$;
