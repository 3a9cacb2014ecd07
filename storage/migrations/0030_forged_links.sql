-- migrate:up

-- Whether a visit came by a link that we did not sign: a visit like any other, of no channel. Told apart.
ALTER TABLE audience_event ADD COLUMN forged boolean NOT NULL DEFAULT false;

-- migrate:down

ALTER TABLE audience_event DROP COLUMN forged;
