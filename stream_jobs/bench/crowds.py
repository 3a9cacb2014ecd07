"""Shows that were watched by very many, written in bulk: what a report reads, without the hours it took to happen."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from storage.milestones import settle_milestones
from stream_jobs.bench.rig import Show
from stream_jobs.domain.ids import NO_CHANNEL, WHOLE_SHOW, SeriesId

SHOW_LASTS = timedelta(hours=2)
EVENTS_PER_VISIT = 4.45
"""One visit, three cards seen, two in five opened, one in twenty begun to apply for."""

# Arrivals thin out towards the end; people stay three minutes, most of them less; every seventh visit is somebody's
# second. One device in five has been to the shows before.
CROWD = """
    CREATE TEMP TABLE crowd AS
    SELECT n, md5(who || CASE WHEN who % 5 = 0 THEN '' ELSE $1::text END)::uuid AS viewer_id,
        md5(n::text || 'visit' || $1)::uuid AS visit_id,
        $2::timestamptz + $3::interval * power(random(), 1.4) AS at, interval '3 minutes' * -ln(1 - random()) AS stays,
        CASE WHEN n % 3 = 0 THEN $4::uuid ELSE $5::uuid END AS channel_id
    FROM generate_series(1, $6::integer) AS n CROSS JOIN LATERAL (SELECT n - (n % 7 = 6)::integer AS who) AS w
"""
VISITS = """
    INSERT INTO visit (broadcast_id, id, org_id, viewer_id, channel_id, at)
    SELECT $1, visit_id, $2, viewer_id, channel_id, at FROM crowd
"""
MEMBERS = """
    INSERT INTO audience_member (broadcast_id, org_id, viewer_id, first_channel_id, last_channel_id, first_at)
    SELECT DISTINCT ON (viewer_id) $1::uuid, $2::uuid, viewer_id, channel_id, channel_id, at FROM crowd
    ORDER BY viewer_id, at
"""
CONNECTIONS = """
    INSERT INTO visit_interval (broadcast_id, visit_id, from_at, org_id, worker_id, to_at)
    SELECT $1::uuid, visit_id, at, $2::uuid, $1::uuid, at + stays FROM crowd
    UNION ALL
    SELECT $1, visit_id, at + stays + interval '2 seconds', $2, $1, at + 1.5 * stays + interval '2 seconds' FROM crowd
    WHERE n % 10 = 0
"""
VISIT_EVENTS = """
    INSERT INTO audience_event
        (broadcast_id, event_id, org_id, viewer_id, visit_id, channel_id, card_id, step, at, received_at)
    SELECT $1, visit_id, $2, viewer_id, visit_id, channel_id, $3, 'visit', at, at FROM crowd
"""
EVENTS = """
    INSERT INTO audience_event
        (broadcast_id, event_id, org_id, viewer_id, visit_id, channel_id, card_id, step, push_seq, at, received_at)
    SELECT $1, md5(c.n::text || s.nth || $4)::uuid, $2, viewer_id, visit_id, channel_id,
        ($3::uuid[])[1 + (c.n * 7 + s.card * 11) % cardinality($3::uuid[])], s.step, s.card, at + stays, at + stays
    FROM crowd c CROSS JOIN (VALUES (1, 1, 'impression', 1, 0), (2, 2, 'impression', 1, 0), (3, 3, 'impression', 1, 0),
        (4, 1, 'click', 5, 0), (5, 2, 'click', 5, 1), (6, 1, 'apply_start', 20, 0)) AS s (nth, card, step, every, rest)
    WHERE c.n % s.every = s.rest
"""
PEOPLE = """
    INSERT INTO person (id, org_id, phone_hmac, created_at)
    SELECT md5(n::text || 'person' || $3)::uuid, $2, sha256((n::text || $3::text || $1::uuid::text)::bytea), at
    FROM crowd WHERE n % 154 = 0
"""
APPLICATIONS = """
    INSERT INTO application (id, org_id, broadcast_id, job_id, card_id, employer_id, person_id, viewer_id, number,
        first_channel_id, last_channel_id, state, at)
    SELECT md5(c.n::text || 'application' || $3)::uuid, $2, $1, k.job_id, k.id, j.employer_id,
        md5(c.n::text || 'person' || $3)::uuid, viewer_id, c.n / 154, channel_id, channel_id,
        (ARRAY['contacted', 'contacted', 'applied', 'hired', 'rejected'])[1 + c.n / 154 % 5], at + stays
    FROM crowd c JOIN card k ON k.broadcast_id = $1 AND k.number = 1 + c.n / 154 % $4::integer AND k.kind = 'job'
    JOIN job j ON j.id = k.job_id WHERE c.n % 154 = 0
"""
MOVES = """
    INSERT INTO application_event (id, org_id, application_id, kind, at)
    SELECT md5(id::text || 'applied')::uuid, org_id, id, 'applied', at FROM application WHERE broadcast_id = $1
    UNION ALL
    SELECT md5(id::text || state)::uuid, org_id, id, state, at + interval '1 day' * (number % 9)
    FROM application WHERE broadcast_id = $1 AND state <> 'applied'
"""
APPLICATION_EVENTS = """
    INSERT INTO audience_event
        (broadcast_id, event_id, org_id, viewer_id, channel_id, card_id, step, at, received_at)
    SELECT $1, id, org_id, viewer_id, last_channel_id, card_id, 'application', at, at
    FROM application WHERE broadcast_id = $1
"""
BITS = (
    "CASE step WHEN 'visit' THEN 1 WHEN 'impression' THEN 2 WHEN 'click' THEN 4 WHEN 'apply_start' THEN 8 ELSE 16 END"
)
REACH = f"""
    INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
    SELECT broadcast_id, viewer_id, place, org_id, steps, steps & ~explicit FROM (
        SELECT e.broadcast_id, e.viewer_id, place, e.org_id, bit_or({BITS}) AS explicit,
            bit_or(2 * {BITS} - 1) & ~CASE WHEN place = $2 THEN 0 ELSE 1 END AS steps
        FROM audience_event e LEFT JOIN card c ON c.id = e.card_id LEFT JOIN job j ON j.id = c.job_id
        CROSS JOIN LATERAL unnest(CASE WHEN e.card_id = $2 THEN ARRAY[$2] ELSE ARRAY[$2, c.id, j.employer_id]
            END) AS place
        WHERE e.broadcast_id = $1 AND e.step <> 'call' GROUP BY e.broadcast_id, e.viewer_id, place, e.org_id
    ) AS reached
"""  # noqa: S608  # a constant of this module
VIEWERS = """
    INSERT INTO step_count (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
    SELECT r.broadcast_id, r.org_id, r.card_id, m.first_channel_id, step, count(*),
        count(*) FILTER (WHERE r.implied & step <> 0), 0
    FROM reach r JOIN audience_member m USING (broadcast_id, viewer_id)
    CROSS JOIN unnest(ARRAY[1, 2, 4, 8, 16]) AS step
    WHERE r.broadcast_id = $1 AND r.steps & step <> 0
    GROUP BY r.broadcast_id, r.org_id, r.card_id, m.first_channel_id, step
"""
TIMES = f"""
    INSERT INTO step_count (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
    SELECT broadcast_id, org_id, place, channel_id, {BITS}, 0, 0, count(*)
    FROM audience_event CROSS JOIN LATERAL (SELECT card_id UNION SELECT $2) AS p (place)
    WHERE broadcast_id = $1 GROUP BY broadcast_id, org_id, place, channel_id, step
    ON CONFLICT (broadcast_id, card_id, channel_id, step) DO UPDATE SET events = excluded.events
"""  # noqa: S608  # a constant of this module
OVER = """
    UPDATE broadcast SET status = 'ended', started_at = $2, ended_at = $2::timestamptz + $3::interval, starts_at = $2
    WHERE id = $1
"""
SERIES = "INSERT INTO series (id, org_id, name) VALUES ($1, $2, '测速') ON CONFLICT DO NOTHING"
JOINS = "UPDATE broadcast SET series_id = $2, host_name = $3 WHERE id = $1"
HOSTS = ("示例主播甲", "示例主播乙")
REACH_OF_SERIES = """
    INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
    SELECT b.series_id, r.viewer_id, r.card_id, r.org_id, bit_or(r.steps),
        bit_or(r.steps) & ~bit_or(r.steps & ~r.implied)
    FROM reach r JOIN broadcast b ON b.id = r.broadcast_id
    WHERE b.series_id = $1 AND r.card_id = $2 GROUP BY b.series_id, r.viewer_id, r.card_id, r.org_id
"""
COUNT_OF_SERIES = """
    INSERT INTO step_count (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
    SELECT broadcast_id, org_id, card_id, card_id, step, count(*), count(*) FILTER (WHERE implied & step <> 0), 0
    FROM reach CROSS JOIN unnest(ARRAY[1, 2, 4, 8, 16]) AS step
    WHERE broadcast_id = $1 AND steps & step <> 0 GROUP BY broadcast_id, org_id, card_id, step
"""


async def past_crowd(db: "asyncpg.Connection[asyncpg.Record]", show: Show, *, visits: int, ended_at: datetime) -> int:
    """The show as it is after so many visits, with all its sums but those of presence; returns its events."""
    id_, org, salt = show.broadcast_id, show.org_id, str(show.broadcast_id)
    cards = [r["id"] for r in await db.fetch("SELECT id FROM card WHERE broadcast_id = $1 ORDER BY number", id_)]
    poster = UUID(int=id_.int ^ 1)
    await db.execute(OVER, id_, ended_at - SHOW_LASTS, SHOW_LASTS)
    await db.execute("DROP TABLE IF EXISTS crowd")
    await db.execute(CROWD, salt, ended_at - SHOW_LASTS, SHOW_LASTS, NO_CHANNEL, poster, visits)
    for statement in (VISITS, MEMBERS, CONNECTIONS):
        await db.execute(statement, id_, org)
    await db.execute(VISIT_EVENTS, id_, org, WHOLE_SHOW)
    await db.execute(EVENTS, id_, org, cards, salt)
    await db.execute(PEOPLE, id_, org, salt)
    await db.execute(APPLICATIONS, id_, org, salt, len(cards))
    for statement in (MOVES, APPLICATION_EVENTS):
        await db.execute(statement, id_)
    await db.execute(REACH, id_, WHOLE_SHOW)
    # A planner that knows nothing of them yet compares each row of one with each of the other.
    await db.execute("ANALYZE reach, audience_member")
    await db.execute(VIEWERS, id_)
    applied = await db.fetch("SELECT id FROM application WHERE broadcast_id = $1", id_)
    await settle_milestones(db, [row["id"] for row in applied])
    await db.execute(TIMES, id_, WHOLE_SHOW)
    return int(await db.fetchval("SELECT count(*) FROM audience_event WHERE broadcast_id = $1", id_))


async def in_series(db: "asyncpg.Connection[asyncpg.Record]", shows: list[Show], series: SeriesId) -> None:
    """These shows become one series, with its sums and two hosts."""
    await db.execute(SERIES, series, shows[0].org_id)
    for nth, show in enumerate(shows):
        await db.execute(JOINS, show.broadcast_id, series, HOSTS[nth % len(HOSTS)])
    await db.execute(REACH_OF_SERIES, series, WHOLE_SHOW)
    await db.execute(COUNT_OF_SERIES, series)
