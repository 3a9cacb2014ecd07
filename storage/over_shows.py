"""Several shows together: devices, people and employers counted once over all of them."""

from collections.abc import Mapping, Sequence

from storage.distinct import DistinctViewers, expect_many
from storage.milestones import level, people_by_outcome
from storage.pool import Database
from stream_jobs.domain.following import OPEN
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.domain.metrics import FUNNEL

PEOPLE = f"""
    SELECT count(*) AS applicants, {people_by_outcome()},
        count(*) FILTER (WHERE open AND NOT contacted) AS waiting
    FROM (
        SELECT max({level("p")}) AS level, bool_or(p.contacted_at IS NOT NULL) AS contacted,
            bool_or(p.state = ANY($2::text[])) AS open
        FROM application p WHERE p.broadcast_id = ANY($1::uuid[]) GROUP BY p.counted_as
    ) AS person
"""  # noqa: S608  # constants of this package

EMPLOYERS = """
    SELECT count(DISTINCT j.employer_id) AS employers FROM card c JOIN job j ON j.id = c.job_id
    WHERE c.broadcast_id = ANY($1::uuid[])
"""


class OverShowsStore:
    def __init__(self, database: Database, viewers: DistinctViewers | None = None) -> None:
        self._database = database
        self._viewers = viewers or DistinctViewers()

    async def shows_of_series(self, org_id: OrgId, series: str) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                """
                SELECT b.id FROM broadcast b JOIN series s ON s.id = b.series_id
                WHERE b.org_id = $1 AND s.name = $2 AND NOT b.rehearsal AND b.started_at IS NOT NULL
                ORDER BY b.started_at, b.id
                """,
                org_id,
                series,
            )
        return [row["id"] for row in rows]

    async def distinct(self, org_id: OrgId, shows: Sequence[BroadcastId]) -> Mapping[str, int]:
        async with self._database.transaction(org_id, one_moment=True) as tx:
            await expect_many(tx)
            viewers = await self._viewers.by_step(tx, list(shows))
            rows = (await tx.fetchrow(PEOPLE, list(shows), OPEN), await tx.fetchrow(EMPLOYERS, list(shows)))
        counted = {name: count for row in rows if row for name, count in row.items()}
        return {**{metric: viewers[step] for step, metric, *_ in FUNNEL}, **counted}
