-- migrate:up

-- A résumé belongs to the device that wrote it: whoever knows a phone number must not read, or write over, what its
-- owner said elsewhere. Bound to id, which is new each time it is written.
CREATE TABLE vault.resume (
    person_id uuid NOT NULL REFERENCES public.person (id),
    viewer_id uuid NOT NULL,
    id        uuid NOT NULL,
    org_id    uuid NOT NULL,
    resume    bytea NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (person_id, viewer_id)
);

ALTER TABLE vault.person DROP COLUMN resume;

-- The name a device typed where its receipt made no application: it is shown its own words, whoever applied first.
CREATE TABLE vault.receipt (
    receipt_id uuid PRIMARY KEY REFERENCES public.receipt (id),
    org_id     uuid NOT NULL,
    person_id  uuid NOT NULL REFERENCES public.person (id),
    name       bytea NOT NULL
);

-- migrate:down
DROP TABLE vault.receipt;
ALTER TABLE vault.person ADD COLUMN resume bytea;
DROP TABLE vault.resume;
