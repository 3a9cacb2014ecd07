-- migrate:up

-- A public link to the wall screen of a show, or of a series. The link is this row's id, signed: there is nothing secret
-- here, and what is revoked opens nothing any more.
CREATE TABLE wall (
    id           uuid PRIMARY KEY,
    org_id       uuid NOT NULL REFERENCES organisation (id),
    broadcast_id uuid REFERENCES broadcast (id),
    series_id    uuid REFERENCES series (id),
    account_id   uuid,
    by_name      text NOT NULL,
    created_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    CHECK (num_nonnulls(broadcast_id, series_id) = 1)
);

CREATE INDEX wall_of_broadcast ON wall (broadcast_id) WHERE broadcast_id IS NOT NULL;
CREATE INDEX wall_of_series ON wall (series_id) WHERE series_id IS NOT NULL;

-- The shows of a series, for its report.
CREATE INDEX broadcast_of_series ON broadcast (series_id) WHERE series_id IS NOT NULL;

-- Whose a link is: all that is asked before its organisation is known. Runs as the owner.
CREATE FUNCTION org_of_wall(wanted uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN (SELECT org_id FROM wall WHERE id = wanted);
END $$;

COMMENT ON FUNCTION org_of_wall(uuid) IS 'for requests';

-- migrate:down
DROP FUNCTION org_of_wall(uuid);
DROP INDEX broadcast_of_series;
DROP TABLE wall;
