-- migrate:up

-- How often a channel's link was opened, by scan or by tap: a line for each process that gave out its page, with how
-- many times since it began. Nothing says by whom.
CREATE TABLE scan (
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    channel_id   uuid NOT NULL REFERENCES channel (id),
    process_id   uuid NOT NULL,
    org_id       uuid NOT NULL,
    times        integer NOT NULL CHECK (times > 0),
    at           timestamptz NOT NULL,
    PRIMARY KEY (broadcast_id, channel_id, process_id)
);

-- migrate:down
DROP TABLE scan;
