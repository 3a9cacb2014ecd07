-- migrate:up

-- A résumé file a device sends by one of its receipts. received: bytes that are durable; it is checked once they are
-- all there. A file without its row in vault.resume_file is gone: only its bytes are still to be taken away.
CREATE TABLE resume_file (
    id           uuid PRIMARY KEY,
    org_id       uuid NOT NULL REFERENCES organisation (id),
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    viewer_id    uuid NOT NULL,
    person_id    uuid NOT NULL REFERENCES person (id),
    kind         text NOT NULL CHECK (kind IN ('pdf', 'docx', 'photo')),
    state        text NOT NULL CHECK (state IN ('uploading', 'checking', 'ready', 'refused')),
    length       bigint NOT NULL CHECK (length > 0),
    received     bigint NOT NULL CHECK (received BETWEEN 0 AND length),
    -- Of what is kept: a photo is made anew.
    bytes        bigint,
    refused      text,
    at           timestamptz NOT NULL,
    -- Until when the rest may come, or the reason of a refusal be read; null of a file that is kept.
    expires_at   timestamptz,
    CHECK ((state = 'ready') = (expires_at IS NULL)),
    CHECK ((state = 'refused') = (refused IS NOT NULL))
);

CREATE INDEX resume_file_of_device ON resume_file (viewer_id, person_id);
CREATE INDEX resume_file_of_person ON resume_file (person_id);
CREATE INDEX resume_file_expiring ON resume_file (expires_at) WHERE expires_at IS NOT NULL;

-- Where a file's encrypted bytes lie, from which byte of it on. Written before they are put; kept once they belong to
-- the file: what never did, or does no more, is taken away.
CREATE TABLE resume_file_part (
    id         uuid PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES organisation (id),
    file_id    uuid NOT NULL REFERENCES resume_file (id),
    begins     bigint NOT NULL,
    bytes      integer NOT NULL,
    object_key text NOT NULL,
    kept       boolean NOT NULL,
    at         timestamptz NOT NULL
);

CREATE UNIQUE INDEX resume_file_part_of ON resume_file_part (file_id, begins) WHERE kept;
CREATE INDEX resume_file_part_any ON resume_file_part (file_id);
CREATE INDEX resume_file_part_left ON resume_file_part (at) WHERE NOT kept;

-- What a file is called and says, and the key of its bytes, under the person's key; grams: keyed hashes of its pairs of characters, for search.
CREATE TABLE vault.resume_file (
    file_id   uuid PRIMARY KEY REFERENCES public.resume_file (id),
    org_id    uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES public.person (id),
    kept      bytea NOT NULL,
    grams     int4[],
    at        timestamptz NOT NULL
);

CREATE INDEX vault_resume_file_of_person ON vault.resume_file (person_id);

-- migrate:down
DROP TABLE vault.resume_file, resume_file_part, resume_file;
