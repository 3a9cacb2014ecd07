-- migrate:up

-- Units of an organisation: the tree below its top. A base, where shows are held, is one of them and no table of its own;
-- a closed unit takes no new shows and keeps those it had.
ALTER TABLE organisation
    DROP CONSTRAINT organisation_kind_check,
    ADD CONSTRAINT organisation_kind_check
        CHECK (kind IN ('province', 'city', 'county', 'town', 'base', 'station', 'company')),
    ADD COLUMN closed_at timestamptz,
    ADD UNIQUE (top_id, id),
    ADD FOREIGN KEY (top_id, parent_id) REFERENCES organisation (top_id, id);

INSERT INTO organisation (id, top_id, parent_id, kind, name, created_at)
SELECT a.id, a.org_id, a.org_id, 'base', a.name, o.created_at FROM base a JOIN organisation o ON o.id = a.org_id
ON CONFLICT (top_id, name) DO NOTHING;

-- Who holds a show: a unit of its organisation, or the organisation itself.
ALTER TABLE broadcast ADD COLUMN unit_id uuid;
UPDATE broadcast b SET unit_id = coalesce(
    (SELECT o.id FROM base a JOIN organisation o ON o.top_id = a.org_id AND o.name = a.name WHERE a.id = b.base_id),
    b.org_id);
ALTER TABLE broadcast
    ALTER COLUMN unit_id SET NOT NULL,
    ADD FOREIGN KEY (org_id, unit_id) REFERENCES organisation (top_id, id),
    DROP COLUMN base_id;
CREATE INDEX broadcast_of_unit ON broadcast (unit_id);
DROP TABLE base;

-- The priority groups somebody said to belong to: hashes under a key of the organisation, so that they can be counted and
-- say nothing to whoever has the database alone. Goes with the person's key; text_sha256 is the consent it was said with.
CREATE TABLE vault.priority_group (
    person_id   uuid PRIMARY KEY REFERENCES public.person (id),
    org_id      uuid NOT NULL,
    groups      int4[] NOT NULL CHECK (cardinality(groups) > 0),
    text_sha256 bytea NOT NULL REFERENCES consent_text (sha256),
    at          timestamptz NOT NULL
);

-- What is left of those who said so and were erased since: of a show and a group, how many people came how far (level) with
-- how many applications. Belongs to nobody.
CREATE TABLE priority_group_left (
    broadcast_id uuid NOT NULL REFERENCES broadcast (id),
    priority     int4 NOT NULL,
    level        smallint NOT NULL,
    org_id       uuid NOT NULL,
    people       integer NOT NULL,
    applications integer NOT NULL,
    PRIMARY KEY (broadcast_id, priority, level)
);

-- migrate:down
DROP TABLE priority_group_left, vault.priority_group;
CREATE TABLE base (
    id     uuid PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES organisation (id),
    name   text NOT NULL,
    UNIQUE (org_id, name)
);
INSERT INTO base (id, org_id, name) SELECT id, top_id, name FROM organisation WHERE parent_id IS NOT NULL;
ALTER TABLE broadcast ADD COLUMN base_id uuid REFERENCES base (id);
UPDATE broadcast SET base_id = unit_id WHERE unit_id <> org_id;
ALTER TABLE broadcast DROP COLUMN unit_id;
DELETE FROM organisation WHERE parent_id IS NOT NULL;
ALTER TABLE organisation
    DROP CONSTRAINT organisation_top_id_parent_id_fkey,
    DROP CONSTRAINT organisation_top_id_id_key,
    DROP COLUMN closed_at,
    DROP CONSTRAINT organisation_kind_check,
    ADD CONSTRAINT organisation_kind_check CHECK (kind IN ('province', 'city', 'county', 'base', 'station', 'company'));
