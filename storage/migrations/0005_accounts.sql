-- migrate:up

-- Who signs in: organisers, hosts, operators, and recruiters of one employer. login is kept casefolded.
CREATE TABLE account (
    id            uuid PRIMARY KEY,
    org_id        uuid NOT NULL REFERENCES organisation (id),
    role          text NOT NULL CHECK (role IN ('organiser', 'host', 'operator', 'recruiter')),
    login         text NOT NULL UNIQUE,
    name          text NOT NULL,
    employer_id   uuid REFERENCES employer (id),
    password_hash text NOT NULL,
    created_at    timestamptz NOT NULL,
    disabled_at   timestamptz,
    CHECK ((role = 'recruiter') = (employer_id IS NOT NULL))
);

CREATE INDEX account_of_org ON account (org_id);

-- A signed-in browser. The token itself is only in its cookie.
CREATE TABLE session (
    id           uuid PRIMARY KEY,
    org_id       uuid NOT NULL REFERENCES organisation (id),
    account_id   uuid NOT NULL REFERENCES account (id),
    token_sha256 bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz
);

CREATE INDEX session_of_account ON session (account_id) WHERE revoked_at IS NULL;

-- Which hosts and operators may act on a broadcast; a broadcast without rows is open to all of its organisation.
CREATE TABLE broadcast_account (
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    account_id   uuid NOT NULL REFERENCES account (id),
    org_id       uuid NOT NULL REFERENCES organisation (id),
    PRIMARY KEY (broadcast_id, account_id)
);

-- migrate:down
DROP TABLE broadcast_account, session, account;
