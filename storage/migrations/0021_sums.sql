-- migrate:up

-- Reach and its sums have two more kinds of place beside cards and the whole show. An employer: card_id is the employer,
-- reach that of its cards together. A series: broadcast_id is the series, card_id the whole show's zeros, reach that of
-- its shows together (no rehearsals), under no channel.
INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
SELECT r.broadcast_id, r.viewer_id, j.employer_id, r.org_id, bit_or(r.steps), bit_or(r.steps) & ~bit_or(r.steps & ~r.implied)
FROM reach r JOIN card c ON c.id = r.card_id AND c.broadcast_id = r.broadcast_id JOIN job j ON j.id = c.job_id
GROUP BY r.broadcast_id, r.viewer_id, j.employer_id, r.org_id;

INSERT INTO step_count (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
SELECT r.broadcast_id, r.org_id, r.card_id, m.first_channel_id, step, count(*), count(*) FILTER (WHERE r.implied & step <> 0), 0
FROM reach r JOIN employer e ON e.id = r.card_id
JOIN audience_member m ON m.broadcast_id = r.broadcast_id AND m.viewer_id = r.viewer_id
CROSS JOIN unnest(ARRAY[1, 2, 4, 8, 16]) AS step
WHERE r.steps & step <> 0 GROUP BY r.broadcast_id, r.org_id, r.card_id, m.first_channel_id, step;

INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
SELECT b.series_id, r.viewer_id, r.card_id, r.org_id, bit_or(r.steps), bit_or(r.steps) & ~bit_or(r.steps & ~r.implied)
FROM reach r JOIN broadcast b ON b.id = r.broadcast_id
WHERE b.series_id IS NOT NULL AND NOT b.rehearsal AND r.card_id = '00000000-0000-0000-0000-000000000000'
GROUP BY b.series_id, r.viewer_id, r.card_id, r.org_id;

INSERT INTO step_count (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
SELECT r.broadcast_id, r.org_id, r.card_id, r.card_id, step, count(*), count(*) FILTER (WHERE r.implied & step <> 0), 0
FROM reach r JOIN series s ON s.id = r.broadcast_id CROSS JOIN unnest(ARRAY[1, 2, 4, 8, 16]) AS step
WHERE r.steps & step <> 0 GROUP BY r.broadcast_id, r.org_id, r.card_id, step;

-- Nobody reads the reach of a card any more, it is summed; and a planner that knows no better took it to find one row.
DROP INDEX reach_of_card;

-- Who came and who watched, summed once it is over, cell by cell from the beginning of time without gaps. highest: the
-- most devices on air at once, first at highest_at; devices, newcomers: of whom it was the first time on air, the first
-- visit; effective: visits that became effective_seconds long. What arrives later than its cell takes away that cell and those
-- behind it, and they are summed anew.
CREATE TABLE presence (
    broadcast_id       uuid NOT NULL REFERENCES broadcast (id),
    to_at              timestamptz NOT NULL,
    from_at            timestamptz NOT NULL,
    org_id             uuid NOT NULL,
    effective_seconds  smallint NOT NULL,
    highest            integer NOT NULL,
    highest_at         timestamptz NOT NULL,
    watch_microseconds bigint NOT NULL,
    devices            integer NOT NULL,
    effective          integer NOT NULL,
    visits             integer NOT NULL,
    newcomers          integer NOT NULL,
    PRIMARY KEY (broadcast_id, to_at)
);

-- Visits of a stretch of time, and whether a device came before; connections that reach into a stretch of time.
CREATE INDEX visit_of_time ON visit (broadcast_id, at);
CREATE INDEX visit_of_viewer ON visit (broadcast_id, viewer_id, at);
CREATE INDEX visit_interval_of_time ON visit_interval (broadcast_id, to_at);

-- Months whose raw rows of what viewers did are gone: of shows with ids from first_id, inclusive, to end_id.
CREATE TABLE dropped_month (
    first_id uuid PRIMARY KEY,
    end_id   uuid NOT NULL,
    at       timestamptz NOT NULL
);

-- migrate:down
DROP TABLE dropped_month;
DROP INDEX visit_interval_of_time, visit_of_viewer, visit_of_time;
DROP TABLE presence;
CREATE INDEX reach_of_card ON reach (broadcast_id, card_id);
DELETE FROM step_count WHERE broadcast_id IN (SELECT id FROM series) OR card_id IN (SELECT id FROM employer);
DELETE FROM reach WHERE broadcast_id IN (SELECT id FROM series) OR card_id IN (SELECT id FROM employer);
