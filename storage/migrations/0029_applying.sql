-- migrate:up

-- Nobody counts this show, or its series, anew until the caller's transaction ends (storage/places.py). Two keys can only
-- ever meet in a wait that is not needed. The series is looked for by a statement of its own: it stays the same from
-- there on.
CREATE FUNCTION share_counting(show uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(show::text, 0));
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(series_id::text, 0))
        FROM broadcast WHERE id = show AND series_id IS NOT NULL;
END $$;

-- Each reference is looked up for each row. A card names its show and organisation, so these three are one look-up, and
-- agree; what another reference of the same row implies, of rows that are never deleted, is not asked again.
ALTER TABLE card ADD UNIQUE (id, broadcast_id, org_id);
ALTER TABLE application
    DROP CONSTRAINT application_org_id_fkey,
    DROP CONSTRAINT application_broadcast_id_fkey,
    DROP CONSTRAINT application_card_id_fkey,
    ADD FOREIGN KEY (card_id, broadcast_id, org_id) REFERENCES card (id, broadcast_id, org_id);
ALTER TABLE receipt DROP CONSTRAINT receipt_broadcast_id_fkey;
ALTER TABLE consent DROP CONSTRAINT consent_application_id_fkey;
ALTER TABLE vault.application DROP CONSTRAINT application_person_id_fkey;

-- migrate:down
ALTER TABLE vault.application ADD FOREIGN KEY (person_id) REFERENCES public.person (id);
ALTER TABLE consent ADD FOREIGN KEY (application_id) REFERENCES application (id);
ALTER TABLE receipt ADD FOREIGN KEY (broadcast_id) REFERENCES broadcast (id);
ALTER TABLE application
    DROP CONSTRAINT application_card_id_broadcast_id_org_id_fkey,
    ADD FOREIGN KEY (org_id) REFERENCES organisation (id),
    ADD FOREIGN KEY (broadcast_id) REFERENCES broadcast (id),
    ADD FOREIGN KEY (card_id) REFERENCES card (id);
ALTER TABLE card DROP CONSTRAINT card_id_broadcast_id_org_id_key;
DROP FUNCTION share_counting(uuid);
