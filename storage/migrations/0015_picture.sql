-- migrate:up

-- A picture of the organiser's own, where a show has one: an https address of an HLS playlist or an mp4.
ALTER TABLE broadcast ADD COLUMN picture_url text;

-- migrate:down

ALTER TABLE broadcast DROP COLUMN picture_url;
