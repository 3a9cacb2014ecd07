-- migrate:up

-- One row a worker process; an open interval of a dead one ends at its last beat.
CREATE TABLE worker (
    id         uuid PRIMARY KEY,
    started_at timestamptz NOT NULL,
    beat_at    timestamptz NOT NULL
);

-- How many distinct viewers a worker holds in a room, as of its last beat.
CREATE TABLE worker_room (
    worker_id    uuid NOT NULL REFERENCES worker (id),
    broadcast_id uuid NOT NULL,
    viewers      integer NOT NULL,
    beat_at      timestamptz NOT NULL,
    PRIMARY KEY (broadcast_id, worker_id)
);

-- A device in a broadcast: the channel that brought it first, and last.
CREATE TABLE audience_member (
    broadcast_id     uuid NOT NULL REFERENCES broadcast (id),
    viewer_id        uuid NOT NULL,
    org_id           uuid NOT NULL,
    first_channel_id uuid NOT NULL,
    last_channel_id  uuid NOT NULL,
    first_at         timestamptz NOT NULL,
    PRIMARY KEY (broadcast_id, viewer_id)
);

-- One page load; a reload is a new visit, a reconnect is not.
CREATE TABLE visit (
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    id           uuid NOT NULL,
    org_id       uuid NOT NULL,
    viewer_id    uuid NOT NULL,
    channel_id   uuid NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (broadcast_id, id)
);

-- One connection of a visit. to_at is null while it is open.
CREATE TABLE visit_interval (
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    visit_id     uuid NOT NULL,
    from_at      timestamptz NOT NULL,
    org_id       uuid NOT NULL,
    worker_id    uuid NOT NULL,
    to_at        timestamptz,
    PRIMARY KEY (broadcast_id, visit_id, from_at)
);

CREATE INDEX visit_interval_open ON visit_interval (worker_id) WHERE to_at IS NULL;

-- What viewers did, once each; everything counted can be counted again from here.
CREATE TABLE audience_event (
    broadcast_id uuid NOT NULL,
    event_id     uuid NOT NULL,
    org_id       uuid NOT NULL,
    viewer_id    uuid NOT NULL,
    visit_id     uuid,
    channel_id   uuid NOT NULL,
    card_id      uuid NOT NULL,
    step         text NOT NULL CHECK (step IN ('visit', 'impression', 'click', 'apply_start', 'application', 'call')),
    push_seq     bigint,
    at           timestamptz NOT NULL,
    received_at  timestamptz NOT NULL,
    -- Why it is not counted, when it cannot be true.
    fraud        text,
    PRIMARY KEY (broadcast_id, event_id)
) PARTITION BY RANGE (broadcast_id);

-- Ids begin with their time, so ranges of ids are months; rows outside every month land here.
CREATE TABLE audience_event_other PARTITION OF audience_event DEFAULT;

-- What a push has done so far, asked twice a second while it is on stage.
CREATE INDEX audience_event_of_push ON audience_event (broadcast_id, push_seq) WHERE push_seq IS NOT NULL;

-- One row per viewer and card, and one for the whole show (card_id of zeros): a bit per step, and which were implied.
CREATE TABLE reach (
    broadcast_id uuid NOT NULL,
    viewer_id    uuid NOT NULL,
    card_id      uuid NOT NULL,
    org_id       uuid NOT NULL,
    steps        smallint NOT NULL,
    implied      smallint NOT NULL,
    PRIMARY KEY (broadcast_id, viewer_id, card_id)
);

CREATE INDEX reach_of_card ON reach (broadcast_id, card_id);

-- Sums of reach (viewers) and of events, by the viewer's first channel; rows are locked in key order.
CREATE TABLE step_count (
    broadcast_id uuid NOT NULL,
    card_id      uuid NOT NULL,
    channel_id   uuid NOT NULL,
    step         smallint NOT NULL,
    org_id       uuid NOT NULL,
    viewers      bigint NOT NULL,
    implied      bigint NOT NULL,
    events       bigint NOT NULL,
    PRIMARY KEY (broadcast_id, card_id, channel_id, step)
);

-- The eight one-tap questions: once per device, card and question.
CREATE TABLE question (
    broadcast_id uuid NOT NULL,
    card_id      uuid NOT NULL,
    kind         text NOT NULL,
    viewer_id    uuid NOT NULL,
    org_id       uuid NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (broadcast_id, card_id, kind, viewer_id)
);

-- One phone number in one organisation; the number itself is in the vault.
CREATE TABLE person (
    id         uuid PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES organisation (id),
    phone_hmac bytea NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (org_id, phone_hmac)
);

CREATE TABLE application (
    id               uuid PRIMARY KEY,
    org_id           uuid NOT NULL REFERENCES organisation (id),
    broadcast_id     uuid NOT NULL REFERENCES broadcast (id),
    job_id           uuid NOT NULL REFERENCES job (id),
    card_id          uuid NOT NULL REFERENCES card (id),
    employer_id      uuid NOT NULL REFERENCES employer (id),
    person_id        uuid NOT NULL REFERENCES person (id),
    viewer_id        uuid NOT NULL,
    number           integer NOT NULL,
    push_seq         bigint,
    first_channel_id uuid NOT NULL,
    last_channel_id  uuid NOT NULL,
    recorded_by      uuid,
    state            text NOT NULL CHECK (state IN ('applied', 'valid', 'contacted', 'interview', 'offer', 'hired',
                                                    'retained_7d', 'retained_30d', 'rejected', 'withdrawn', 'no_show')),
    at               timestamptz NOT NULL,
    UNIQUE (broadcast_id, job_id, person_id),
    UNIQUE (broadcast_id, number)
);

CREATE INDEX application_of_person ON application (person_id);
CREATE INDEX application_of_employer ON application (employer_id, at);

-- The last number given out in a broadcast; a row of its own, so that pushing never waits for applying.
CREATE TABLE receipt_number (
    broadcast_id uuid PRIMARY KEY REFERENCES broadcast (id),
    org_id       uuid NOT NULL,
    last         integer NOT NULL
);

-- What each device was told. A device that applies for someone already known gets a receipt of its own that looks
-- like a new one, so that nobody can find out whether somebody else applied.
CREATE TABLE receipt (
    id             uuid PRIMARY KEY,
    org_id         uuid NOT NULL,
    broadcast_id   uuid NOT NULL REFERENCES broadcast (id),
    viewer_id      uuid NOT NULL,
    key            uuid NOT NULL,
    body_mac       bytea NOT NULL,
    application_id uuid NOT NULL REFERENCES application (id),
    number         integer NOT NULL,
    own            boolean NOT NULL,
    withdrawn_at   timestamptz,
    at             timestamptz NOT NULL,
    UNIQUE (broadcast_id, viewer_id, key)
);

CREATE INDEX receipt_of_application ON receipt (application_id);

-- Every change of state, with who and when.
CREATE TABLE application_event (
    id             uuid PRIMARY KEY,
    org_id         uuid NOT NULL,
    application_id uuid NOT NULL REFERENCES application (id),
    kind           text NOT NULL,
    account_id     uuid,
    by_name        text,
    at             timestamptz NOT NULL
);

CREATE INDEX application_event_of ON application_event (application_id, at);

-- A consent text, once; consents name it by its hash.
CREATE TABLE consent_text (
    sha256 bytea PRIMARY KEY,
    text   text NOT NULL
);

-- What each applicant agreed to; holds nothing about the applicant.
CREATE TABLE consent (
    application_id uuid NOT NULL REFERENCES application (id),
    receipt_id     uuid NOT NULL REFERENCES receipt (id),
    org_id         uuid NOT NULL,
    text_sha256    bytea NOT NULL REFERENCES consent_text (sha256),
    employer       text NOT NULL,
    fields         text[] NOT NULL,
    purpose        text NOT NULL,
    keeper         text NOT NULL,
    until          date NOT NULL,
    given          text NOT NULL CHECK (given IN ('ticked', 'in_person', 'by_telephone')),
    at             timestamptz NOT NULL,
    PRIMARY KEY (application_id, receipt_id)
);

-- One employer's list handed over, in one recorded act.
CREATE TABLE hand_over (
    id           uuid PRIMARY KEY,
    org_id       uuid NOT NULL,
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    employer_id  uuid NOT NULL REFERENCES employer (id),
    purpose      text NOT NULL,
    receiver     text NOT NULL,
    count        integer NOT NULL,
    account_id   uuid,
    by_name      text NOT NULL,
    at           timestamptz NOT NULL
);

CREATE INDEX hand_over_of ON hand_over (broadcast_id, employer_id);

-- Names, phones and résumés: AES-256-GCM under the person's own key, bound to table, row and column.
CREATE SCHEMA vault;

CREATE TABLE vault.person (
    person_id uuid PRIMARY KEY REFERENCES public.person (id),
    org_id    uuid NOT NULL,
    phone     bytea NOT NULL,
    resume    bytea
);

CREATE TABLE vault.application (
    application_id uuid PRIMARY KEY REFERENCES public.application (id),
    org_id         uuid NOT NULL,
    person_id      uuid NOT NULL REFERENCES public.person (id),
    name           bytea
);

-- Each person's key, wrapped by the master key; backed up apart from everything else.
CREATE SCHEMA keys;

CREATE TABLE keys.person_key (
    person_id uuid PRIMARY KEY REFERENCES public.person (id),
    org_id    uuid NOT NULL,
    wrapped   bytea NOT NULL
);

-- migrate:down
DROP SCHEMA keys CASCADE;
DROP SCHEMA vault CASCADE;
DROP TABLE hand_over, consent, consent_text, application_event, receipt, receipt_number, application, person, question, step_count,
    reach, audience_event, visit_interval, visit, audience_member, worker_room, worker;
