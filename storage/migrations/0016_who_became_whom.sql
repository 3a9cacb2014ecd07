-- migrate:up

-- Who a person turned out to be: erasing that one names both, because a backup of before still knows them apart.
ALTER TABLE person ADD COLUMN merged_into uuid REFERENCES person (id);
CREATE INDEX person_merged_into ON person (merged_into) WHERE merged_into IS NOT NULL;

SELECT set_config('app.maintenance', 'on', true);
UPDATE person p SET merged_into = a.person_id
FROM application a JOIN keys.person_key k ON k.person_id = a.person_id
WHERE a.merged_from = p.id AND a.person_id <> p.id AND p.phone_hmac IS NULL;

-- The keys of those who became this person, under this person's key: what was sent before is known again when a phone
-- sends it once more.
CREATE TABLE vault.former_key (
    former_id uuid PRIMARY KEY REFERENCES public.person (id),
    org_id    uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES public.person (id),
    key       bytea NOT NULL
);

CREATE INDEX vault_former_key_of_person ON vault.former_key (person_id);

-- migrate:down
DROP TABLE vault.former_key;
DROP INDEX person_merged_into;
ALTER TABLE person DROP COLUMN merged_into;
