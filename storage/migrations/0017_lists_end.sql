-- migrate:up

-- Links and lists of people go when their period is over; who was handed over what, and what was moved when, stays and
-- goes on naming them.
ALTER TABLE hand_over DROP CONSTRAINT hand_over_collection_id_fkey;
ALTER TABLE application_event DROP CONSTRAINT application_event_import_id_fkey;
ALTER TABLE follow_up DROP CONSTRAINT follow_up_import_id_fkey;

-- migrate:down
UPDATE hand_over h SET collection_id = NULL
WHERE NOT EXISTS (SELECT FROM collection l WHERE l.id = h.collection_id);
UPDATE application_event e SET import_id = NULL
WHERE NOT EXISTS (SELECT FROM people_import i WHERE i.id = e.import_id);
UPDATE follow_up u SET import_id = NULL WHERE NOT EXISTS (SELECT FROM people_import i WHERE i.id = u.import_id);
ALTER TABLE hand_over ADD FOREIGN KEY (collection_id) REFERENCES collection (id);
ALTER TABLE application_event ADD FOREIGN KEY (import_id) REFERENCES people_import (id);
ALTER TABLE follow_up ADD FOREIGN KEY (import_id) REFERENCES people_import (id);
