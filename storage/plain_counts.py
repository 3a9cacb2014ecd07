"""Counts of an organisation's raw rows, one plain statement each: what every report must come to."""

from dataclasses import dataclass

from storage.pool import Database
from stream_jobs.domain.ids import OrgId

SHOWS = "SELECT count(*) FROM broadcast WHERE org_id = $1 AND started_at IS NOT NULL AND NOT rehearsal"
CARDS = "SELECT count(*) FROM card WHERE org_id = $1 AND job_id IS NOT NULL"
OPENINGS = "SELECT sum(headcount_max) FROM card JOIN job ON job.id = card.job_id WHERE card.org_id = $1"
VIEWS = "SELECT count(*) FROM visit WHERE org_id = $1"
APPLICATIONS = "SELECT count(*) FROM application WHERE org_id = $1"
EVENTS = "SELECT count(*) FROM audience_event WHERE org_id = $1"


@dataclass(frozen=True, slots=True)
class PlainCounts:
    """Over all shows, rehearsals' visits and applications included."""

    shows: int
    cards: int
    openings: int
    views: int
    applications: int
    events: int


async def plain_counts(database: Database, org_id: OrgId) -> PlainCounts:
    async with database.transaction(org_id, one_moment=True) as tx:
        statements = (SHOWS, CARDS, OPENINGS, VIEWS, APPLICATIONS, EVENTS)
        return PlainCounts(*[int(await tx.fetchval(statement, org_id) or 0) for statement in statements])


async def database_bytes(database: Database) -> int:
    """On disk, indexes included."""
    async with database.maintenance() as tx:
        return int(await tx.fetchval("SELECT pg_database_size(current_database())"))
