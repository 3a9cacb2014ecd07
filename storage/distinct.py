"""Devices of several shows, each counted once: from sums where there are some, else from what each device did."""

from collections.abc import Mapping, Sequence

from storage.places import Together
from storage.pool import Transaction
from stream_jobs.domain.events import Step
from stream_jobs.domain.ids import WHOLE_SHOW, BroadcastId

# A season of a million visits has millions of rows of reach: seconds, and longer than a request's statements may take.
STATEMENT_SECONDS = 60.0
# And a plan for these shows, not one for any: the same statement takes a hundred times as long by that.
SETTINGS = "SELECT set_config('work_mem', '64MB', true), set_config('plan_cache_mode', 'force_custom_plan', true)"

# A device's steps in all of the shows together.
DISTINCT = """
    SELECT count(*) FILTER (WHERE steps & 1 <> 0) AS s1, count(*) FILTER (WHERE steps & 2 <> 0) AS s2,
        count(*) FILTER (WHERE steps & 4 <> 0) AS s4, count(*) FILTER (WHERE steps & 8 <> 0) AS s8,
        count(*) FILTER (WHERE steps & 16 <> 0) AS s16
    FROM (
        SELECT bit_or(steps) AS steps FROM reach WHERE broadcast_id = ANY($1) AND card_id = $2 GROUP BY viewer_id
    ) AS viewer
"""
SUMS_TOGETHER = "SELECT step, viewers FROM step_count WHERE broadcast_id = $1 AND card_id = $2 AND channel_id = $2"

# The sums hold everybody who came to any of the shows, also to one that has not begun and counts nowhere yet: what
# those few did there, and in no show that counts ($3).
TOO_EARLY = """
    WITH early AS MATERIALIZED (
        SELECT r.viewer_id, bit_or(r.steps) AS steps
        FROM broadcast b JOIN reach r ON r.broadcast_id = b.id AND r.card_id = $2
        WHERE (b.series_id = $1 OR b.org_id = $1) AND NOT b.rehearsal AND b.started_at IS NULL GROUP BY r.viewer_id
    )
    SELECT step, count(*) AS viewers FROM early CROSS JOIN LATERAL (
        SELECT coalesce(bit_or(steps), 0) AS steps FROM reach
        WHERE broadcast_id = ANY($3) AND viewer_id = early.viewer_id AND card_id = $2
    ) AS counts CROSS JOIN unnest(ARRAY[1, 2, 4, 8, 16]) AS step
    WHERE early.steps & ~counts.steps & step <> 0 GROUP BY step
"""

# Whoever came has a row in each show: a tenth of the rows of reach.
CAME = "SELECT count(DISTINCT viewer_id) FROM audience_member WHERE broadcast_id = ANY($1)"

# More units and hosts than one server has.
KEPT = 1_000


async def expect_many(tx: Transaction) -> None:
    """Before anything is read of very many devices."""
    await tx.execute(SETTINGS)


async def summed_viewers(tx: Transaction, of: Together, shows: Sequence[BroadcastId]) -> Mapping[Step, int]:
    """The same of all shows that have sums together; shows are those of them that count."""
    sums = {row["step"]: row["viewers"] for row in await tx.fetch(SUMS_TOGETHER, of, WHOLE_SHOW)}
    early = {row["step"]: row["viewers"] for row in await tx.fetch(TOO_EARLY, of, WHOLE_SHOW, shows)}
    return {step: sums.get(step.value, 0) - early.get(step.value, 0) for step in Step}


class DistinctViewers:
    """Of shows that have no sums together: every row of theirs is read. To be used where expect_many was."""

    def __init__(self, statement_seconds: float = STATEMENT_SECONDS) -> None:
        self._statement_seconds = statement_seconds
        self._kept: dict[tuple[BroadcastId, ...], tuple[int, int]] = {}

    async def by_step(self, tx: Transaction, shows: Sequence[BroadcastId]) -> Mapping[Step, int]:
        """By the steps they took in any of the shows."""
        row = await tx.fetchrow(DISTINCT, shows, WHOLE_SHOW, timeout=self._statement_seconds)
        return {step: row[f"s{step.value}"] if row else 0 for step in Step}

    async def visitors(self, tx: Transaction, came: Mapping[BroadcastId, int]) -> int:
        """came: the visitors of each of the shows. Who came stays: it is the same until one of them has more."""
        shows, people = tuple(sorted(came)), sum(came.values())
        if len(shows) == 1:
            return people
        before, visitors = self._kept.get(shows, (None, 0))
        if before != people:
            visitors = await tx.fetchval(CAME, shows, timeout=self._statement_seconds)
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[shows] = (people, visitors)
        return visitors
