-- migrate:up

-- Of a priority group only how many applied is told: of those who were erased no more is kept either.
UPDATE priority_group_left l SET people = (
    SELECT sum(a.people) FROM priority_group_left a WHERE a.broadcast_id = l.broadcast_id AND a.priority = l.priority
);
DELETE FROM priority_group_left l USING priority_group_left a
WHERE a.broadcast_id = l.broadcast_id AND a.priority = l.priority AND a.level < l.level;
ALTER TABLE priority_group_left
    DROP CONSTRAINT priority_group_left_pkey,
    DROP COLUMN level,
    DROP COLUMN applications,
    ADD PRIMARY KEY (broadcast_id, priority);

-- migrate:down
ALTER TABLE priority_group_left
    DROP CONSTRAINT priority_group_left_pkey,
    ADD COLUMN level smallint NOT NULL DEFAULT 0,
    ADD COLUMN applications integer NOT NULL DEFAULT 0,
    ADD PRIMARY KEY (broadcast_id, priority, level);
