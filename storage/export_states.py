"""What an export is asked to hold, and how it goes on: written, ready or failed, and nobody's to read any more."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from storage.pool import Transaction
from storage.work import enqueue
from stream_jobs.domain.ids import ExportId, OrgId
from stream_jobs.ports.work import DeleteObjects


class Destroyed(Exception):
    """While it was being written, or somebody else began it anew: nothing of what was written here may stay."""


class Asked(NamedTuple):
    """Columns of `export`; asked for twice, it is the same while it waits."""

    what: str
    format: str
    language: str
    purpose: str | None = None
    broadcast_id: UUID | None = None
    series_id: UUID | None = None
    employer_id: UUID | None = None
    since: date | None = None
    until: date | None = None


async def progress(tx: Transaction, export: asyncpg.Record, rows_done: int) -> None:
    """Raises Destroyed."""
    await _write(tx, export, "rows_done = $3", rows_done)


async def finish(tx: Transaction, export: asyncpg.Record, size: int, at: datetime) -> None:
    """Raises Destroyed."""
    await _write(tx, export, "state = 'ready', bytes = $3, ready_at = $4", size, at)


async def _write(tx: Transaction, export: asyncpg.Record, change: str, *values: object) -> None:
    # Only of who began last: each writes to a place of its own.
    mine = f"UPDATE export SET {change} WHERE id = $1 AND object_key = $2 AND state = 'writing' RETURNING true"  # noqa: S608  # the changes above
    if not await tx.fetchval(mine, export["id"], export["object_key"], *values):
        raise Destroyed


async def destroy(tx: Transaction, org_id: OrgId, ids: Sequence[ExportId], state: str) -> int:
    """Unreadable with this transaction; `sweep` takes the bytes away."""
    await lock(tx, ids)
    rows = await tx.fetch(
        """
        UPDATE export SET state = $3
        WHERE id = ANY($1::uuid[]) AND org_id = $2 AND state IN ('waiting', 'writing', 'ready') RETURNING id
        """,
        list(ids),
        org_id,
        state,
    )
    gone = [row["id"] for row in rows]
    await tx.execute("DELETE FROM keys.export_key WHERE export_id = ANY($1::uuid[])", gone)
    await tx.execute("DELETE FROM export_person WHERE export_id = ANY($1::uuid[])", gone)
    return len(gone)


async def anew(
    tx: Transaction,
    org_id: OrgId,
    export_id: ExportId,
    at: datetime,
    *,
    asked_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> bool:
    """A failed one waits again, within its day; False when there is none. Its bytes get a new place.

    `sweep` may be at the old one.
    """
    row = await tx.fetchrow(
        """
        UPDATE export SET state = 'waiting', failure = NULL, rows_done = 0, rows_total = NULL, object_key = NULL,
            asked_at = coalesce($4, asked_at), expires_at = coalesce($5, expires_at)
        WHERE id = $1 AND org_id = $2 AND state = 'failed' AND coalesce($5, expires_at) > $3
        RETURNING old.object_key
        """,
        export_id,
        org_id,
        at,
        asked_at,
        expires_at,
    )
    if row and row["object_key"]:
        await enqueue(tx, org_id, DeleteObjects(keys=(row["object_key"],)), at=at)
    return row is not None


async def lock(tx: Transaction, ids: Sequence[UUID]) -> None:
    await tx.execute("SELECT FROM export WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", list(ids))
