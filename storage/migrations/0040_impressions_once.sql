-- migrate:up

-- An impression is one of a viewer, a push and a card. Of those stored by the id that a page made up, the first stays,
-- by the id that is made of the three and under the channel that brought the viewer; the sums follow. Nothing follows
-- in months whose events are gone.
LOCK TABLE audience_event, step_count IN SHARE ROW EXCLUSIVE MODE;

CREATE TEMP TABLE told ON COMMIT DROP AS
SELECT e.broadcast_id, e.org_id, e.event_id, e.card_id, e.late, e.channel_id AS told_under,
    coalesce(m.first_channel_id, e.channel_id) AS brought_by,
    row_number() OVER (
        PARTITION BY e.broadcast_id, e.viewer_id, e.push_seq, e.card_id ORDER BY e.received_at, e.event_id) = 1 AS stays
FROM audience_event e LEFT JOIN audience_member m ON m.broadcast_id = e.broadcast_id AND m.viewer_id = e.viewer_id
WHERE e.step = 'impression' AND e.fraud IS NULL;

DELETE FROM audience_event e USING told t
WHERE e.broadcast_id = t.broadcast_id AND e.event_id = t.event_id AND NOT t.stays;

UPDATE audience_event e SET
    event_id = md5(e.viewer_id::text || ' ' || e.card_id::text || ' ' || coalesce(e.push_seq::text, '-'))::uuid,
    channel_id = t.brought_by
FROM told t WHERE e.broadcast_id = t.broadcast_id AND e.event_id = t.event_id;

INSERT INTO step_count AS s (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
SELECT t.broadcast_id, t.org_id, place.card_id, moved.channel_id, place.step, 0, 0, sum(moved.events)
FROM told t
CROSS JOIN LATERAL (VALUES (t.told_under, -1), (t.brought_by, t.stays::integer)) AS moved (channel_id, events)
CROSS JOIN LATERAL (
    VALUES (t.card_id, 2), ('00000000-0000-0000-0000-000000000000', 2),
        (CASE WHEN t.late THEN '00000000-0000-0000-0000-000000000000'::uuid END, 64)
) AS place (card_id, step)
WHERE place.card_id IS NOT NULL
GROUP BY t.broadcast_id, t.org_id, place.card_id, moved.channel_id, place.step HAVING sum(moved.events) <> 0
ON CONFLICT (broadcast_id, card_id, channel_id, step) DO UPDATE SET events = s.events + excluded.events;

DELETE FROM step_count WHERE step IN (2, 64) AND viewers = 0 AND implied = 0 AND events = 0;

-- migrate:down

-- What was told again, and under which channel, is gone for good; nothing else has changed.
SELECT;
