"""Exports of reports: of which shows, each counted by itself."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from storage.export_states import Asked, progress
from storage.pool import Database, Transaction
from storage.reports import ReportStore, midnight
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.ports import Report
from stream_jobs.ports.exports import ReportsWanted

# Of a series, or begun on these days; never a rehearsal, and none that began after it was asked for.
_SHOWS = """
    FROM broadcast b
    WHERE b.org_id = $1 AND b.started_at <= $2 AND NOT b.rehearsal AND ($3::uuid IS NULL OR b.series_id = $3)
        AND ($4::timestamptz IS NULL OR b.started_at >= $4) AND ($5::timestamptz IS NULL OR b.started_at < $5)
"""


async def reports_asked(tx: Transaction, org_id: OrgId, wanted: ReportsWanted) -> Asked:
    """Raises BadInput."""
    asked = Asked("reports", wanted.format.value, wanted.language)
    if wanted.series is None:
        return asked._replace(since=wanted.since, until=wanted.until)
    return asked._replace(series_id=await _series(tx, org_id, wanted.series))


async def _series(tx: Transaction, org_id: OrgId, name: str) -> UUID:
    found: UUID | None = await tx.fetchval("SELECT id FROM series WHERE org_id = $1 AND name = $2", org_id, name)
    if found is None:
        raise BadInput(field="series", expected="the name of a series")
    return found


async def count_shows(tx: Transaction, export: asyncpg.Record) -> int:
    total: int = await tx.fetchval(f"SELECT count(*) {_SHOWS}", *_shows_of(export))
    return total


async def exported_shows(tx: Transaction, *which: object) -> Sequence[BroadcastId]:
    """Whose reports an export holds, in the order they were: organisation, until when they began, series, days."""
    return [row["id"] for row in await tx.fetch(f"SELECT b.id {_SHOWS} ORDER BY b.started_at, b.id", *which)]


async def show_reports(
    database: Database, reports: ReportStore, export: asyncpg.Record, at: datetime
) -> AsyncIterator[Report]:
    """In the order the shows were; each counted by itself, at this moment. Raises Destroyed."""
    async with database.transaction(export["org_id"]) as tx:
        shows = await exported_shows(tx, *_shows_of(export))
    for done, show in enumerate(shows, start=1):
        report = await reports.report(export["org_id"], show, at)
        async with database.transaction(export["org_id"]) as tx:
            await progress(tx, export, done)
        yield report


def _shows_of(export: asyncpg.Record) -> tuple[object, ...]:
    since, until = export["since"], export["until"]
    return (
        export["org_id"],
        export["asked_at"],
        export["series_id"],
        midnight(since),
        midnight(until + timedelta(days=1) if until else None),
    )
