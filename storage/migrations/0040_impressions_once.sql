-- migrate:up

-- An impression is one of a viewer, a push and a card. Of those stored by the id that a page made up, the first stays,
-- by the id that is made of the three; what the others added is taken off the sums. Nothing is left to take off in
-- months whose events are gone.
CREATE TEMP TABLE told_again ON COMMIT DROP AS
SELECT broadcast_id, event_id, card_id, channel_id, late FROM (
    SELECT broadcast_id, event_id, card_id, channel_id, late,
        row_number() OVER (PARTITION BY broadcast_id, viewer_id, push_seq, card_id ORDER BY received_at, event_id) AS nth
    FROM audience_event WHERE step = 'impression' AND fraud IS NULL
) AS told WHERE nth > 1;

DELETE FROM audience_event e USING told_again t WHERE e.broadcast_id = t.broadcast_id AND e.event_id = t.event_id;

UPDATE audience_event
SET event_id = md5(viewer_id::text || ' ' || card_id::text || ' ' || coalesce(push_seq::text, '-'))::uuid
WHERE step = 'impression' AND fraud IS NULL;

UPDATE step_count s SET events = s.events - less.events FROM (
    SELECT broadcast_id, place.card_id, channel_id, place.step, count(*) AS events
    FROM told_again t CROSS JOIN LATERAL (
        VALUES (t.card_id, 2), ('00000000-0000-0000-0000-000000000000', 2),
            (CASE WHEN t.late THEN '00000000-0000-0000-0000-000000000000'::uuid END, 64)
    ) AS place (card_id, step) WHERE place.card_id IS NOT NULL
    GROUP BY broadcast_id, place.card_id, channel_id, place.step
) AS less
WHERE (s.broadcast_id, s.card_id, s.channel_id, s.step)
    = (less.broadcast_id, less.card_id, less.channel_id, less.step);

DELETE FROM step_count WHERE step IN (2, 64) AND viewers = 0 AND implied = 0 AND events = 0;

-- migrate:down

-- What was told again is gone for good; nothing else has changed.
SELECT;
