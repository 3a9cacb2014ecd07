"""Sums over several cards and shows: an employer, a series, everything; and who may count while they are made anew."""

from collections.abc import Collection

from storage.pool import Transaction
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId, OrgId, SeriesId

# Several shows as one: a series, or all shows of an organisation.
Together = SeriesId | OrgId

_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0))"


async def share_counting(tx: Transaction, broadcast_id: BroadcastId) -> None:
    """Before anything is stored that is counted: nobody counts this show, or it with others, anew until the commit."""
    await tx.execute("SELECT share_counting($1)", broadcast_id)


async def hold_counting(tx: Transaction, *places: BroadcastId | Together) -> None:
    """Nothing is counted of these until the commit. To be asked for before any row is locked."""
    for place in sorted(places):
        await tx.execute(_HOLD, place)


# ── an employer: distinct viewers over its cards ──────────────────────────────────────────────────────────────

_FORGET = "DELETE FROM {table} WHERE broadcast_id = $1 AND card_id IN (SELECT id FROM employer)"
_REACH_OF_EMPLOYERS = """
    INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
    SELECT r.broadcast_id, r.viewer_id, j.employer_id, r.org_id, bit_or(r.steps),
        bit_or(r.steps) & ~bit_or(r.steps & ~r.implied)
    FROM reach r JOIN card c ON c.id = r.card_id AND c.broadcast_id = r.broadcast_id JOIN job j ON j.id = c.job_id
    WHERE r.broadcast_id = $1 GROUP BY r.broadcast_id, r.viewer_id, j.employer_id, r.org_id
"""
_COUNT_OF_EMPLOYERS = """
    INSERT INTO step_count (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
    SELECT r.broadcast_id, r.org_id, r.card_id, m.first_channel_id, step, count(*),
        count(*) FILTER (WHERE r.implied & step <> 0), 0
    FROM reach r JOIN employer e ON e.id = r.card_id
    JOIN audience_member m ON m.broadcast_id = r.broadcast_id AND m.viewer_id = r.viewer_id
    CROSS JOIN unnest(ARRAY[1, 2, 4, 8, 16]) AS step
    WHERE r.broadcast_id = $1 AND r.steps & step <> 0
    GROUP BY r.broadcast_id, r.org_id, r.card_id, m.first_channel_id, step
"""


async def recount_employers(tx: Transaction, broadcast_id: BroadcastId) -> None:
    """From the reach of their cards; the caller holds the counting. For cards that left, and jobs that moved."""
    for table in ("reach", "step_count"):
        await tx.execute(_FORGET.format(table=table), broadcast_id)
    await tx.execute(_REACH_OF_EMPLOYERS, broadcast_id)
    await tx.execute(_COUNT_OF_EMPLOYERS, broadcast_id)


# ── a series, everything: distinct viewers over its shows ─────────────────────────────────────────────────────

_REACH_TOGETHER = """
    WITH show AS MATERIALIZED (
        SELECT id FROM broadcast WHERE (series_id = $1 OR org_id = $1) AND NOT rehearsal
    ), who AS MATERIALIZED (
        SELECT viewer_id FROM reach WHERE broadcast_id = ANY($3::uuid[]) AND card_id = $2 GROUP BY viewer_id
    ), merged AS MATERIALIZED (
        SELECT r.viewer_id, r.org_id, bit_or(r.steps) AS steps,
            bit_or(r.steps) & ~bit_or(r.steps & ~r.implied) AS implied
        FROM show JOIN reach r ON r.broadcast_id = show.id AND r.card_id = $2 JOIN who USING (viewer_id)
        GROUP BY r.viewer_id, r.org_id
    ), gone AS (
        DELETE FROM reach s USING who
        WHERE s.broadcast_id = $1 AND s.card_id = $2 AND s.viewer_id = who.viewer_id
            AND NOT EXISTS (SELECT FROM merged WHERE merged.viewer_id = s.viewer_id)
    )
    INSERT INTO reach (broadcast_id, viewer_id, card_id, org_id, steps, implied)
    SELECT $1, viewer_id, $2, org_id, steps, implied FROM merged
    ON CONFLICT (broadcast_id, viewer_id, card_id) DO UPDATE SET steps = excluded.steps, implied = excluded.implied
"""
_FORGET_TOGETHER = "DELETE FROM step_count WHERE broadcast_id = $1"
_COUNT_TOGETHER = """
    INSERT INTO step_count (broadcast_id, org_id, card_id, channel_id, step, viewers, implied, events)
    SELECT broadcast_id, org_id, card_id, card_id, step, count(*), count(*) FILTER (WHERE implied & step <> 0), 0
    FROM reach CROSS JOIN unnest(ARRAY[1, 2, 4, 8, 16]) AS step
    WHERE broadcast_id = $1 AND steps & step <> 0 GROUP BY broadcast_id, org_id, card_id, step
"""


async def recount_together(tx: Transaction, of: Together, came_or_went: Collection[BroadcastId]) -> None:
    """What the viewers of these shows reached over all its shows, and its sums; the caller holds the counting."""
    await tx.execute(_REACH_TOGETHER, of, WHOLE_SHOW, list(came_or_went))
    await tx.execute(_FORGET_TOGETHER, of)
    await tx.execute(_COUNT_TOGETHER, of)


async def has_viewers(tx: Transaction, broadcast_id: BroadcastId) -> bool:
    """Whether anything of this show is counted yet; else there is nothing to count anew."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM step_count WHERE broadcast_id = $1 AND card_id = $2)", broadcast_id, WHOLE_SHOW
        )
    )
