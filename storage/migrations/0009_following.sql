-- migrate:up

-- A move keeps where it came from and, for a rejection, why; moves made together share a batch. Taking one back is an
-- event of its own (kind 'undone') that names it.
ALTER TABLE application_event
    ADD COLUMN from_state text,
    ADD COLUMN reason     text,
    ADD COLUMN batch_id   uuid,
    ADD COLUMN undoes     uuid REFERENCES application_event (id);

-- A move is undone once, and counts for nothing then.
CREATE UNIQUE INDEX application_event_undone ON application_event (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX application_event_of_batch ON application_event (batch_id) WHERE batch_id IS NOT NULL;

-- That the employer has seen an application is said once.
CREATE UNIQUE INDEX application_event_viewed ON application_event (application_id) WHERE kind = 'viewed';

-- last_move: the event that brought it to its state, if staff did. next_on: the day (China's) when to do something next.
ALTER TABLE application
    ADD COLUMN last_move uuid,
    ADD COLUMN next_on   date;

CREATE INDEX application_due ON application (employer_id, next_on) WHERE next_on IS NOT NULL;

-- What was done about an application: a call, a message, a visit, a note. What was said is in the vault.
CREATE TABLE follow_up (
    id             uuid PRIMARY KEY,
    org_id         uuid NOT NULL REFERENCES organisation (id),
    application_id uuid NOT NULL REFERENCES application (id),
    kind           text NOT NULL CHECK (kind IN ('called', 'no_answer', 'message', 'visited', 'note')),
    account_id     uuid,
    by_name        text NOT NULL,
    at             timestamptz NOT NULL
);

CREATE INDEX follow_up_of ON follow_up (application_id, at);

-- The words of a follow-up: may tell anything about a person, so sealed under that person's key.
CREATE TABLE vault.follow_up (
    follow_up_id uuid PRIMARY KEY REFERENCES public.follow_up (id),
    org_id       uuid NOT NULL,
    person_id    uuid NOT NULL REFERENCES public.person (id),
    said         bytea NOT NULL
);

CREATE INDEX vault_follow_up_of_person ON vault.follow_up (person_id);

-- For search: keyed hashes of the characters and pairs of characters of a name and of the last digits of a phone, and
-- of the pairs of a résumé. Null where the row is older than this, until `stream-jobs reindex`.
ALTER TABLE vault.application ADD COLUMN grams int4[];
ALTER TABLE vault.resume ADD COLUMN grams int4[];

CREATE INDEX vault_application_grams ON vault.application USING gin (grams);
CREATE INDEX vault_resume_grams ON vault.resume USING gin (grams);

-- Those whose names are not searchable yet; empty once reindexed.
CREATE INDEX vault_application_unread ON vault.application (application_id) WHERE grams IS NULL;

-- migrate:down
DROP INDEX vault.vault_application_unread, vault.vault_resume_grams, vault.vault_application_grams;
ALTER TABLE vault.resume DROP COLUMN grams;
ALTER TABLE vault.application DROP COLUMN grams;
DROP TABLE vault.follow_up, follow_up;
DROP INDEX application_due;
ALTER TABLE application DROP COLUMN next_on, DROP COLUMN last_move;
DROP INDEX application_event_viewed, application_event_of_batch, application_event_undone;
ALTER TABLE application_event DROP COLUMN undoes, DROP COLUMN batch_id, DROP COLUMN reason, DROP COLUMN from_state;
