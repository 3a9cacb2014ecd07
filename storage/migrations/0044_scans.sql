-- migrate:up

-- How often a channel's link was opened, by scan or by tap: a line for every few seconds in which it was, with how many.
-- Nothing says by whom.
CREATE TABLE scan (
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    channel_id   uuid NOT NULL REFERENCES channel (id),
    id           uuid NOT NULL,
    org_id       uuid NOT NULL,
    times        integer NOT NULL CHECK (times > 0),
    at           timestamptz NOT NULL,
    PRIMARY KEY (broadcast_id, channel_id, id)
);

-- migrate:down
DROP TABLE scan;
