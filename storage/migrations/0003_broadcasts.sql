-- migrate:up

CREATE TABLE series (
    id     uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES organisation (id),
    name   text NOT NULL,
    UNIQUE (org_id, name)
);

-- A studio that shows are held at.
CREATE TABLE base (
    id     uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES organisation (id),
    name   text NOT NULL,
    UNIQUE (org_id, name)
);

-- One live show. seq, stage and last_command are the fold of its stage_event rows, kept for the row lock and the rules.
CREATE TABLE broadcast (
    id            uuid PRIMARY KEY,
    org_id        uuid NOT NULL REFERENCES organisation (id),
    title         text NOT NULL,
    series_id     uuid REFERENCES series (id),
    base_id       uuid REFERENCES base (id),
    host_name     text,
    platform      text,
    platform_url  text,
    service_phone text,
    rehearsal     boolean NOT NULL,
    apply_days    smallint NOT NULL CHECK (apply_days BETWEEN 0 AND 365),
    starts_at     timestamptz NOT NULL,
    status        text NOT NULL CHECK (status IN ('scheduled', 'live', 'ended')),
    started_at    timestamptz,
    ended_at      timestamptz,
    epoch         text NOT NULL,
    seq           bigint NOT NULL DEFAULT 0,
    on_stage      jsonb,
    pinned        uuid,
    last_command  jsonb,
    tray_version  integer NOT NULL DEFAULT 0,
    peak          integer NOT NULL DEFAULT 0,
    note          text,
    link_secret   uuid NOT NULL,
    created_at    timestamptz NOT NULL
);

CREATE INDEX broadcast_newest ON broadcast (org_id, starts_at DESC);

-- What can be shown: a job or a policy notice, under a number that is read aloud.
CREATE TABLE card (
    id           uuid PRIMARY KEY,
    org_id       uuid NOT NULL REFERENCES organisation (id),
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    kind         text NOT NULL CHECK (kind IN ('job', 'policy')),
    number       integer NOT NULL,
    position     integer NOT NULL,
    job_id       uuid REFERENCES job (id),
    policy_id    uuid REFERENCES policy (id),
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paused', 'full', 'closed')),
    -- [{kind, answer}]: what the host's side answered, kept on the card
    answers      jsonb NOT NULL DEFAULT '[]',
    points       text,
    created_at   timestamptz NOT NULL,
    UNIQUE (broadcast_id, kind, number) DEFERRABLE INITIALLY IMMEDIATE,
    UNIQUE (broadcast_id, job_id),
    UNIQUE (broadcast_id, policy_id),
    CHECK ((kind = 'job') = (job_id IS NOT NULL)),
    CHECK ((kind = 'policy') = (policy_id IS NOT NULL))
);

CREATE INDEX card_of_job ON card (job_id);

-- The stage log: gapless per broadcast, in commit order, replayed to whoever missed something.
CREATE TABLE stage_event (
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    seq          bigint NOT NULL,
    org_id       uuid NOT NULL,
    kind         text NOT NULL,
    body         jsonb NOT NULL,
    card_id      uuid,
    by_name      text NOT NULL,
    account_id   uuid,
    at           timestamptz NOT NULL,
    PRIMARY KEY (broadcast_id, seq)
);

-- What a host command did, by its Idempotency-Key; seq is null when it changed nothing.
CREATE TABLE host_command (
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    key          uuid NOT NULL,
    org_id       uuid NOT NULL,
    body_sha256  bytea NOT NULL,
    seq          bigint,
    at           timestamptz NOT NULL,
    PRIMARY KEY (broadcast_id, key)
);

-- Delivered n of m: per push and worker, the frames the kernel took of the viewers connected then.
CREATE TABLE push_delivery (
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    seq          bigint NOT NULL,
    worker_id    uuid NOT NULL,
    org_id       uuid NOT NULL,
    connected    integer NOT NULL,
    delivered    integer NOT NULL,
    PRIMARY KEY (broadcast_id, seq, worker_id)
);

-- A typed part of the show; figures can be cut by it.
CREATE TABLE segment (
    id           uuid PRIMARY KEY,
    org_id       uuid NOT NULL,
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    kind         text NOT NULL CHECK (kind IN ('job', 'policy', 'qa')),
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz
);

-- Where a visit came from; its link is signed, opens the show or one job, and can be revoked.
CREATE TABLE channel (
    id           uuid PRIMARY KEY,
    org_id       uuid NOT NULL,
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    kind         text NOT NULL CHECK (kind IN ('platform', 'account', 'poster', 'station', 'stall', 'group', 'other')),
    name         text NOT NULL,
    card_id      uuid REFERENCES card (id) ON DELETE SET NULL,
    revoked_at   timestamptz,
    created_at   timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (broadcast_id, name, card_id)
);

-- Numbers typed in by hand from a platform's own page; shown beside ours, never mixed.
CREATE TABLE platform_figure (
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    platform     text NOT NULL,
    metric       text NOT NULL,
    org_id       uuid NOT NULL,
    value        bigint NOT NULL CHECK (value >= 0),
    by_name      text NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (broadcast_id, platform, metric)
);

-- migrate:down
DROP TABLE platform_figure, channel, segment, push_delivery, host_command, stage_event, card, broadcast, base, series;
