-- migrate:up

-- Who received a list is told as long as the applicants on it are kept; that there was one stays.
ALTER TABLE hand_over ALTER COLUMN receiver DROP NOT NULL;

-- Uploaded workbooks of jobs go when their period is over; jobs and employers stay and go on naming them.
ALTER TABLE job DROP CONSTRAINT job_import_id_fkey;
ALTER TABLE employer DROP CONSTRAINT employer_import_id_fkey;

-- migrate:down
UPDATE job j SET import_id = NULL WHERE NOT EXISTS (SELECT FROM job_import i WHERE i.id = j.import_id);
UPDATE employer e SET import_id = NULL WHERE NOT EXISTS (SELECT FROM job_import i WHERE i.id = e.import_id);
ALTER TABLE employer ADD FOREIGN KEY (import_id) REFERENCES job_import (id);
ALTER TABLE job ADD FOREIGN KEY (import_id) REFERENCES job_import (id);
UPDATE hand_over SET receiver = '' WHERE receiver IS NULL;
ALTER TABLE hand_over ALTER COLUMN receiver SET NOT NULL;
