-- migrate:up

-- The fingerprint of the master key that wraps, which stays so until the caller's transaction ends; whoever replaces it
-- waits for that (storage/wrapping.py). The fingerprint is looked for by a statement of its own, which sees what was
-- committed before the lock was given.
CREATE FUNCTION share_wrapping() RETURNS bytea
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('wrapping', 2));
    RETURN (SELECT keys_fingerprint FROM installation);
END $$;

-- migrate:down
DROP FUNCTION share_wrapping();
