-- migrate:up

-- One-time codes on their way back: a keyed hash of each, under a keyed hash of the device and the phone it was sent to,
-- and how often one was tried. Whoever reads this learns no code, number or device.
CREATE TABLE phone_code (
    org_id uuid NOT NULL REFERENCES organisation (id),
    whose  bytea NOT NULL,
    mac    bytea NOT NULL,
    tries  integer NOT NULL,
    until  timestamptz NOT NULL,
    PRIMARY KEY (org_id, whose)
);

-- migrate:down
DROP TABLE phone_code;
