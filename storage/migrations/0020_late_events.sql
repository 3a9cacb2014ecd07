-- migrate:up

-- Whether an event was counted as late: like its fraud, judged once, by what was known when it was stored. An end that is
-- taken back later does not change it, so that every sum can be counted again from the rows alone.
ALTER TABLE audience_event ADD COLUMN late boolean NOT NULL DEFAULT false;

UPDATE audience_event e SET late = true FROM broadcast b
WHERE b.id = e.broadcast_id AND e.fraud IS NULL AND e.step NOT IN ('visit', 'application')
    AND e.at < b.ended_at AND b.ended_at < e.received_at;

-- migrate:down

ALTER TABLE audience_event DROP COLUMN late;
