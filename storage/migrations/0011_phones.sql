-- migrate:up

-- Which device has proven, by a one-time code, to hold which person's number, and when last.
CREATE TABLE verified_phone (
    viewer_id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES person (id),
    org_id    uuid NOT NULL REFERENCES organisation (id),
    at        timestamptz NOT NULL,
    PRIMARY KEY (viewer_id, person_id)
);

-- All devices of a person, when it is erased or merged.
CREATE INDEX verified_phone_of_person ON verified_phone (person_id);

-- Whether applicants prove their number: never, when they have applied, or before they may.
ALTER TABLE broadcast ADD COLUMN phone_check text NOT NULL DEFAULT 'off' CHECK (phone_check IN ('off', 'after', 'before'));

-- What a device no longer wants to be shown; the application it stands for stays counted.
ALTER TABLE receipt ADD COLUMN forgotten_at timestamptz;

-- A device's own page reads over all broadcasts.
CREATE INDEX receipt_of_viewer ON receipt (viewer_id, at DESC);

-- migrate:down
DROP INDEX receipt_of_viewer;
ALTER TABLE receipt DROP COLUMN forgotten_at;
ALTER TABLE broadcast DROP COLUMN phone_check;
DROP TABLE verified_phone;
