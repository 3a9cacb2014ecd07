-- migrate:up

CREATE TABLE employer (
    id             uuid PRIMARY KEY,
    org_id         uuid NOT NULL REFERENCES organisation (id),
    name           text NOT NULL,
    full_name      text NOT NULL,
    contact_name   text,
    contact_phone  text,
    calls_within   text,
    licence_no     text,
    verified_at    date,
    verified_until date,
    verified_by    text,
    created_at     timestamptz NOT NULL,
    UNIQUE (org_id, name)
);

-- An uploaded workbook with a verdict for every row; its jobs appear when it is confirmed.
CREATE TABLE job_import (
    id           uuid PRIMARY KEY,
    org_id       uuid NOT NULL REFERENCES organisation (id),
    file_name    text NOT NULL,
    file_bytes   bytea NOT NULL,
    file_sha256  bytea NOT NULL,
    state        text NOT NULL CHECK (state IN ('previewed', 'confirmed', 'undone')),
    verdicts     jsonb NOT NULL,
    totals       jsonb NOT NULL,
    by_name      text NOT NULL,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz,
    undone_at    timestamptz
);

CREATE INDEX job_import_newest ON job_import (org_id, created_at DESC);

-- Pay is kept as written and as understood: integer fen per unit.
CREATE TABLE job (
    id              uuid PRIMARY KEY,
    org_id          uuid NOT NULL REFERENCES organisation (id),
    employer_id     uuid NOT NULL REFERENCES employer (id),
    title           text NOT NULL,
    pay_text        text NOT NULL,
    pay_min_fen     bigint,
    pay_max_fen     bigint,
    pay_unit        text NOT NULL CHECK (pay_unit IN ('month', 'day', 'hour', 'piece', 'year')),
    pay_months      smallint,
    pay_negotiable  boolean NOT NULL,
    pay_open_ended  boolean NOT NULL,
    pay_base        text,
    pay_monthly     text,
    pay_day         text,
    headcount_min   integer,
    headcount_max   integer,
    shift           text,
    rest            text,
    meals           text,
    dorm            text,
    workplace       text NOT NULL,
    age             text,
    education       text,
    gender          text,
    benefits        text,
    requirements    text,
    duties          text,
    arrival         text,
    insurance       text,
    source          text,
    valid_until     date,
    -- [{rule_id, severity, matched, reason, legal_basis}] as found when the job was last written
    findings        jsonb NOT NULL,
    override_reason text,
    override_by     text,
    override_at     timestamptz,
    -- What the override covered: a correction that brings a new finding is blocked again.
    override_covers text[] NOT NULL DEFAULT '{}',
    import_id       uuid REFERENCES job_import (id),
    import_row      text,
    removed_at      timestamptz,
    created_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    CHECK (pay_min_fen IS NULL OR pay_max_fen IS NULL OR pay_min_fen <= pay_max_fen),
    CHECK (headcount_min IS NULL OR headcount_max IS NULL OR headcount_min <= headcount_max)
);

-- "The same job again" of an import: employer, title, pay and place as written.
CREATE INDEX job_same ON job (org_id, employer_id, title) WHERE removed_at IS NULL;
CREATE INDEX job_of_import ON job (import_id) WHERE import_id IS NOT NULL;

CREATE TABLE policy (
    id           uuid PRIMARY KEY,
    org_id       uuid NOT NULL REFERENCES organisation (id),
    title        text NOT NULL,
    who          text NOT NULL,
    how_much     text NOT NULL,
    how_to_claim text NOT NULL,
    phone        text,
    created_at   timestamptz NOT NULL
);

-- migrate:down
DROP TABLE policy, job, job_import, employer;
