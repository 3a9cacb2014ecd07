-- migrate:up

-- Persons that were erased: the pseudonym and when. A restored backup erases them again.
CREATE TABLE erasure (
    person_id uuid PRIMARY KEY REFERENCES person (id),
    org_id    uuid NOT NULL REFERENCES organisation (id),
    why       text NOT NULL CHECK (why IN ('asked', 'retention', 'no_key')),
    at        timestamptz NOT NULL
);

-- An erased person has no phone: whoever applies with it next is a new person.
ALTER TABLE person ALTER COLUMN phone_hmac DROP NOT NULL;

-- Two people who turn out to be one are merged, and every figure still counts them as when they applied.
ALTER TABLE application
    ADD COLUMN merged_from uuid REFERENCES person (id),
    ADD COLUMN counted_as  uuid GENERATED ALWAYS AS (coalesce(merged_from, person_id)) VIRTUAL;

-- What must be kept for a dispute or by law although the person is erased: frozen, read by break-glass alone.
CREATE TABLE legal_hold (
    id        uuid PRIMARY KEY,
    org_id    uuid NOT NULL REFERENCES organisation (id),
    person_id uuid NOT NULL REFERENCES person (id),
    reason    text NOT NULL,
    until     date NOT NULL,
    by_name   text NOT NULL,
    at        timestamptz NOT NULL,
    lifted_at timestamptz,
    lifted_by text
);

CREATE INDEX legal_hold_of ON legal_hold (person_id) WHERE lifted_at IS NULL;

-- Keys of erased persons under a legal hold; destroyed when the last hold has ended.
CREATE TABLE keys.held (
    person_id uuid PRIMARY KEY REFERENCES public.person (id),
    org_id    uuid NOT NULL,
    wrapped   bytea NOT NULL,
    at        timestamptz NOT NULL,
    version   integer GENERATED ALWAYS AS (
        CASE WHEN length(wrapped) = 60 THEN 1 ELSE get_byte(wrapped, 0) * 256 + get_byte(wrapped, 1) END) VIRTUAL
);

-- Which master key wraps it: the first two bytes, but for those of before there were several (60 bytes).
ALTER TABLE keys.person_key ADD COLUMN version integer GENERATED ALWAYS AS (
    CASE WHEN length(wrapped) = 60 THEN 1 ELSE get_byte(wrapped, 0) * 256 + get_byte(wrapped, 1) END) VIRTUAL;

-- Devices kept out of a broadcast.
CREATE TABLE ban (
    id           uuid PRIMARY KEY,
    org_id       uuid NOT NULL REFERENCES organisation (id),
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    viewer_id    uuid NOT NULL,
    reason       text NOT NULL,
    account_id   uuid,
    by_name      text NOT NULL,
    at           timestamptz NOT NULL,
    lifted_at    timestamptz,
    lifted_by    text
);

CREATE UNIQUE INDEX ban_standing ON ban (broadcast_id, viewer_id) WHERE lifted_at IS NULL;

-- Rule 2: the hash covers every column. Rows of before were hashed without their account.
ALTER TABLE audit ADD COLUMN rule smallint NOT NULL DEFAULT 1;

-- Who saw an application, for the person's own copy of their data.
CREATE INDEX audit_of_subject ON audit (org_id, subject);

-- What was written there stays written.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER erasure_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- migrate:down
DROP TRIGGER erasure_only_grows ON erasure;
DROP TRIGGER audit_only_grows ON audit;
DROP FUNCTION refuse_change();
DROP INDEX audit_of_subject;
ALTER TABLE audit DROP COLUMN rule;
DROP TABLE ban;
ALTER TABLE keys.person_key DROP COLUMN version;
DROP TABLE keys.held, legal_hold;
ALTER TABLE application DROP COLUMN counted_as, DROP COLUMN merged_from;
DELETE FROM person WHERE phone_hmac IS NULL;
ALTER TABLE person ALTER COLUMN phone_hmac SET NOT NULL;
DROP TABLE erasure;
