-- migrate:up

-- A tree: province, city, county, base or station. The top is the tenant; every other table's org_id is a top.
CREATE TABLE organisation (
    id             uuid PRIMARY KEY,
    top_id         uuid NOT NULL REFERENCES organisation (id),
    parent_id      uuid REFERENCES organisation (id),
    kind           text NOT NULL CHECK (kind IN ('province', 'city', 'county', 'base', 'station', 'company')),
    name           text NOT NULL,
    service_phone  text,
    -- Who keeps applicants' data and how to reach them; named in every consent and notice.
    keeper_contact text,
    licence        text,
    privacy_notice text,
    created_at     timestamptz NOT NULL,
    UNIQUE (top_id, name),
    CHECK ((parent_id IS NULL) = (id = top_id))
);

-- One row: which keys this database was written with (a fingerprint, not the keys).
CREATE TABLE installation (
    one              boolean PRIMARY KEY DEFAULT true CHECK (one),
    keys_fingerprint bytea NOT NULL
);

-- Append-only; each row carries the hash of the one before, so that no change goes unnoticed.
CREATE TABLE audit (
    org_id     uuid NOT NULL REFERENCES organisation (id),
    number     bigint NOT NULL,
    at         timestamptz NOT NULL,
    account_id uuid,
    actor      text NOT NULL,
    action     text NOT NULL,
    subject    text NOT NULL,
    purpose    text,
    detail     jsonb NOT NULL,
    hash       bytea NOT NULL,
    PRIMARY KEY (org_id, number)
);

-- The newest audit row of each organisation; its lock gives the chain its order.
CREATE TABLE audit_head (
    org_id uuid PRIMARY KEY REFERENCES organisation (id),
    number bigint NOT NULL,
    hash   bytea NOT NULL
);

-- migrate:down
DROP TABLE audit_head, audit, installation, organisation;
