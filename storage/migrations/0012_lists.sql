-- migrate:up

-- A link by which an employer without an account collects its list. The link's token and the code told by telephone are
-- nowhere: only the token's hash, and the code's MAC under the token.
CREATE TABLE collection (
    id             uuid PRIMARY KEY,
    org_id         uuid NOT NULL REFERENCES organisation (id),
    broadcast_id   uuid NOT NULL REFERENCES broadcast (id),
    employer_id    uuid NOT NULL REFERENCES employer (id),
    purpose        text NOT NULL,
    receiver       text NOT NULL,
    token_sha256   bytea NOT NULL UNIQUE,
    code_mac       bytea NOT NULL,
    most_openings  smallint NOT NULL,
    openings       smallint NOT NULL,
    wrong_codes    smallint NOT NULL,
    expires_at     timestamptz NOT NULL,
    last_opened_at timestamptz,
    revoked_at     timestamptz,
    account_id     uuid,
    by_name        text NOT NULL,
    created_at     timestamptz NOT NULL,
    CHECK (openings BETWEEN 0 AND most_openings)
);

-- Whose a link is: all that is asked before its organisation is known. Runs as the owner.
CREATE FUNCTION org_of_collection(wanted bytea) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.maintenance', 'on', true);
    RETURN (SELECT org_id FROM collection WHERE token_sha256 = wanted);
END $$;

CREATE INDEX collection_of_broadcast ON collection (broadcast_id, created_at);

-- What the right code gives for two hours: to take the file along (of an opening), or to bring a list back.
CREATE TABLE collection_ticket (
    id            uuid PRIMARY KEY,
    org_id        uuid NOT NULL,
    collection_id uuid NOT NULL REFERENCES collection (id),
    secret_sha256 bytea NOT NULL UNIQUE,
    opening       smallint,
    expires_at    timestamptz NOT NULL
);

CREATE INDEX collection_ticket_of ON collection_ticket (collection_id);

-- An opening of a link is a hand-over of its own.
ALTER TABLE hand_over ADD COLUMN collection_id uuid REFERENCES collection (id);

-- A list of people that came in as a workbook: what became of applicants, or people who applied on a platform. What was
-- typed is sealed under a key of the import's own, which goes a day after the upload or with any person of the list.
CREATE TABLE people_import (
    id            uuid PRIMARY KEY,
    org_id        uuid NOT NULL REFERENCES organisation (id),
    broadcast_id  uuid NOT NULL REFERENCES broadcast (id),
    kind          text NOT NULL CHECK (kind IN ('outcomes', 'applicants')),
    -- Whose applications it may speak of; null for all employers without a recruiter account.
    employer_id   uuid REFERENCES employer (id),
    collection_id uuid REFERENCES collection (id),
    -- Of applicants: where they came from, and how they agreed.
    channel_id    uuid REFERENCES channel (id),
    given         text CHECK (given IN ('on_platform', 'by_telephone', 'in_person')),
    file_name     text NOT NULL,
    state         text NOT NULL CHECK (state IN ('previewed', 'writing', 'confirmed', 'undone', 'expired')),
    totals        jsonb NOT NULL,
    sheets        jsonb NOT NULL,
    done          integer NOT NULL,
    account_id    uuid,
    by_name       text NOT NULL,
    created_at    timestamptz NOT NULL,
    confirmed_at  timestamptz,
    undone_at     timestamptz,
    CHECK ((kind = 'applicants') = (given IS NOT NULL))
);

CREATE INDEX people_import_of_broadcast ON people_import (broadcast_id, created_at);
CREATE INDEX people_import_of_collection ON people_import (collection_id) WHERE collection_id IS NOT NULL;

-- A row and its verdict, without what was typed; body holds what was understood, as far as it names nobody. key makes
-- writing it a second time change nothing; phone_hmac finds the lists a person stands in.
CREATE TABLE people_import_row (
    import_id      uuid NOT NULL REFERENCES people_import (id),
    nth            integer NOT NULL,
    org_id         uuid NOT NULL,
    sheet          text NOT NULL,
    row            integer NOT NULL,
    verdict        text NOT NULL CHECK (verdict IN ('imports', 'faulty', 'duplicate', 'skipped')),
    body           jsonb NOT NULL,
    application_id uuid REFERENCES application (id),
    key            uuid NOT NULL,
    phone_hmac     bytea,
    -- What became of it when it was written; null before.
    result         text,
    PRIMARY KEY (import_id, nth)
);

CREATE INDEX people_import_row_of_phone ON people_import_row (phone_hmac) WHERE phone_hmac IS NOT NULL;
CREATE INDEX people_import_row_of_application ON people_import_row (application_id) WHERE application_id IS NOT NULL;

-- The uploaded file and what its rows say, sealed under the import's key.
CREATE TABLE vault.people_import (
    import_id uuid PRIMARY KEY REFERENCES public.people_import (id),
    org_id    uuid NOT NULL,
    content   bytea NOT NULL
);

CREATE TABLE vault.people_import_row (
    import_id uuid NOT NULL,
    nth       integer NOT NULL,
    org_id    uuid NOT NULL,
    said      bytea NOT NULL,
    PRIMARY KEY (import_id, nth),
    FOREIGN KEY (import_id, nth) REFERENCES public.people_import_row (import_id, nth)
);

CREATE TABLE keys.people_import_key (
    import_id uuid PRIMARY KEY REFERENCES public.people_import (id),
    org_id    uuid NOT NULL,
    wrapped   bytea NOT NULL
);

-- Which list a move or a note came with; told_on: the day it happened, where the list says so.
ALTER TABLE application_event ADD COLUMN import_id uuid REFERENCES people_import (id), ADD COLUMN told_on date;
ALTER TABLE follow_up ADD COLUMN import_id uuid REFERENCES people_import (id);

CREATE INDEX application_event_of_import ON application_event (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX follow_up_of_import ON follow_up (import_id) WHERE import_id IS NOT NULL;

ALTER TABLE consent DROP CONSTRAINT consent_given_check,
    ADD CONSTRAINT consent_given_check CHECK (given IN ('ticked', 'in_person', 'by_telephone', 'on_platform'));

-- migrate:down
DROP FUNCTION org_of_collection(bytea);
DELETE FROM consent WHERE given = 'on_platform';
ALTER TABLE consent DROP CONSTRAINT consent_given_check,
    ADD CONSTRAINT consent_given_check CHECK (given IN ('ticked', 'in_person', 'by_telephone'));
DROP INDEX follow_up_of_import, application_event_of_import;
ALTER TABLE follow_up DROP COLUMN import_id;
ALTER TABLE application_event DROP COLUMN told_on, DROP COLUMN import_id;
DROP TABLE keys.people_import_key, vault.people_import_row, vault.people_import, people_import_row, people_import;
ALTER TABLE hand_over DROP COLUMN collection_id;
DROP TABLE collection_ticket, collection;
