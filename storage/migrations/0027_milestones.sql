-- migrate:up

-- When an application first reached each step of the way, by what was marked and not taken back; a mark stands for the
-- steps before it. A report counts them for every applicant each time it is read, so they stand here and not only in
-- application_event, from which whoever writes a mark writes them anew (storage/milestones.py).
ALTER TABLE application
    ADD COLUMN valid_at        timestamptz,
    ADD COLUMN contacted_at    timestamptz,
    ADD COLUMN interview_at    timestamptz,
    ADD COLUMN offered_at      timestamptz,
    ADD COLUMN hired_at        timestamptz,
    ADD COLUMN retained_7d_at  timestamptz,
    ADD COLUMN retained_30d_at timestamptz;

UPDATE application p
SET valid_at = m.valid, contacted_at = m.contacted, interview_at = m.interview, offered_at = m.offered,
    hired_at = m.hired, retained_7d_at = m.retained_7d, retained_30d_at = m.retained_30d
FROM (
    SELECT e.application_id,
        min(e.at) AS valid,
        min(e.at) FILTER (WHERE e.kind <> 'valid') AS contacted,
        min(e.at) FILTER (WHERE e.kind NOT IN ('valid', 'contacted')) AS interview,
        min(e.at) FILTER (WHERE e.kind IN ('offer', 'hired', 'retained_7d', 'retained_30d')) AS offered,
        min(e.at) FILTER (WHERE e.kind IN ('hired', 'retained_7d', 'retained_30d')) AS hired,
        min(e.at) FILTER (WHERE e.kind IN ('retained_7d', 'retained_30d')) AS retained_7d,
        min(e.at) FILTER (WHERE e.kind = 'retained_30d') AS retained_30d
    FROM application_event e
    WHERE e.kind IN ('valid', 'contacted', 'interview', 'no_show', 'offer', 'hired', 'retained_7d', 'retained_30d')
        AND NOT EXISTS (SELECT FROM application_event u WHERE u.undoes = e.id)
    GROUP BY e.application_id
) AS m
WHERE p.id = m.application_id;

-- migrate:down
ALTER TABLE application
    DROP COLUMN retained_30d_at, DROP COLUMN retained_7d_at, DROP COLUMN hired_at, DROP COLUMN offered_at,
    DROP COLUMN interview_at, DROP COLUMN contacted_at, DROP COLUMN valid_at;
