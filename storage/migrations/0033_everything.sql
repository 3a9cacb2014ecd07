-- migrate:up

-- Everything is a place in reach and its sums too, beside series: broadcast_id is the organisation, card_id the whole
-- show's zeros, reach that of all its shows together (no rehearsals), under no channel.
INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
SELECT r.org_id, r.viewer_id, r.card_id, r.org_id, bit_or(r.steps), bit_or(r.steps) & ~bit_or(r.steps & ~r.implied)
FROM reach r JOIN broadcast b ON b.id = r.broadcast_id
WHERE NOT b.rehearsal AND r.card_id = '00000000-0000-0000-0000-000000000000'
GROUP BY r.org_id, r.viewer_id, r.card_id;

INSERT INTO step_count (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
SELECT r.broadcast_id, r.org_id, r.card_id, r.card_id, step, count(*), count(*) FILTER (WHERE r.implied & step <> 0), 0
FROM reach r CROSS JOIN unnest(ARRAY[1, 2, 4, 8, 16]) AS step
WHERE r.broadcast_id = r.org_id AND r.steps & step <> 0 GROUP BY r.broadcast_id, r.org_id, r.card_id, step;

-- Nobody counts this show, its series or everything anew until the caller's transaction ends (storage/places.py), in the
-- order in which whoever counts anew asks for them.
CREATE OR REPLACE FUNCTION share_counting(show uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(show::text, 0));
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(place::text, 0)) FROM (
        SELECT place FROM broadcast CROSS JOIN LATERAL unnest(ARRAY[org_id, series_id]) AS place
        WHERE id = show AND place IS NOT NULL ORDER BY place
    ) AS together;
END $$;

-- migrate:down
CREATE OR REPLACE FUNCTION share_counting(show uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(show::text, 0));
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(series_id::text, 0))
        FROM broadcast WHERE id = show AND series_id IS NOT NULL;
END $$;
DELETE FROM step_count WHERE broadcast_id = org_id;
DELETE FROM reach WHERE broadcast_id = org_id;
