-- migrate:up

-- Whoever took or brought back a list by its link is named on what they did as long as the applicant is kept.
ALTER TABLE follow_up ALTER COLUMN by_name DROP NOT NULL;

-- What was done by link and still says who: all that the nightly purge has to look at.
CREATE INDEX application_event_by_link ON application_event (application_id) WHERE account_id IS NULL AND by_name IS NOT NULL;
CREATE INDEX follow_up_by_link ON follow_up (application_id) WHERE account_id IS NULL AND by_name IS NOT NULL;

-- migrate:down
DROP INDEX follow_up_by_link, application_event_by_link;
UPDATE follow_up SET by_name = '' WHERE by_name IS NULL;
ALTER TABLE follow_up ALTER COLUMN by_name SET NOT NULL;
