"""Sums presence once it is over: shows are sealed cell by cell, shortly behind the present."""

import logging
from datetime import datetime, timedelta

import asyncpg

from storage.pool import Database, Transaction
from storage.sealed import hold_presence, seal, sealed_cells
from storage.watching import LONGEST_PART, counted_cells
from stream_jobs.domain.errors import StorageUnavailable
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.timeline import BEGINNING, OnAir, cell_edges, whole_cells

logger = logging.getLogger(__name__)

# Departures are written every second and a worker is believed for fifteen: what is still older than this comes rarely,
# and is counted anew when it does.
SEALED_BEHIND = timedelta(seconds=30)
# Nobody waits for it but visits and departures of that show, which are kept and written later; a great show that was
# never summed must be summed on a slow machine too.
SEAL_SECONDS = 60.0
# After the end people still come: as long as somebody did, a cell an hour.
BETWEEN_LATER_CELLS = timedelta(hours=1)

# Shows that are on air or of which something is over and not summed; $1: what is over, $2: an hour before that,
# $3: how long an effective visit is.
UNSEALED = """
    SELECT b.id, b.started_at, b.ended_at FROM broadcast b
    CROSS JOIN LATERAL (SELECT max(p.to_at) AS until FROM presence p
        WHERE p.broadcast_id = b.id AND p.effective_seconds = $3) AS s
    WHERE b.started_at < $1 AND (
        s.until IS NULL OR s.until < coalesce(b.ended_at, $1) OR s.until < $2 AND EXISTS (
            SELECT FROM visit v WHERE v.broadcast_id = b.id AND v.at >= s.until AND v.at < $1))
    ORDER BY b.id
"""
SEGMENTS = "SELECT started_at, ended_at FROM segment WHERE broadcast_id = $1"


class PresenceStore:
    def __init__(self, database: Database, effective_seconds: int) -> None:
        self._database = database
        self._effective_seconds = effective_seconds

    async def seal(self, at: datetime) -> int:
        """Sums what is over of every show, some of it at a time; returns how many cells were made."""
        made = 0
        for show in await self._unsealed(at):
            try:
                while cells := await self._seal_part(show, at):
                    made += cells
            except StorageUnavailable:
                # The others do not wait for one that is too much for now.
                logger.warning("cannot sum who watched a show now", extra={"broadcast": str(show["id"])})
        return made

    async def _unsealed(self, at: datetime) -> list[asyncpg.Record]:
        over = at - SEALED_BEHIND
        async with self._database.maintenance() as tx:
            return list(await tx.fetch(UNSEALED, over, over - BETWEEN_LATER_CELLS, self._effective_seconds))

    async def _seal_part(self, show: asyncpg.Record, at: datetime) -> int:
        """The next cells of a show; 0 when there are none to make, or somebody else makes them."""
        async with self._database.maintenance() as tx:
            await hold_presence(tx, show["id"])
            edges = await self._next_edges(tx, show, at)
            if len(edges) < 2:
                return 0
            on_air, seconds = _on_air(show, at), self._effective_seconds
            cells = await counted_cells(tx, BroadcastId(show["id"]), on_air, at, edges, seconds, within=SEAL_SECONDS)
            await seal(tx, show["id"], cells, seconds)
        return len(edges) - 1

    async def _next_edges(self, tx: Transaction, show: asyncpg.Record, at: datetime) -> list[datetime]:
        """Where the next cells begin, and where the last of them ends; steps of any curve and segment fall on edges."""
        on_air, over = _on_air(show, at), at - SEALED_BEHIND
        done = await sealed_cells(tx, show["id"], on_air, self._effective_seconds)
        since = done[-1].to_at if done else BEGINNING
        if since < on_air.from_at:
            return [since, on_air.from_at]
        if since >= on_air.to_at:
            return [since, over] if over - since >= BETWEEN_LATER_CELLS else []
        until = min(over, on_air.to_at, since + LONGEST_PART)
        if until < on_air.to_at:
            until = whole_cells(on_air, until)
        if until <= since:
            return []
        cuts = [cut for row in await tx.fetch(SEGMENTS, show["id"]) for cut in row if cut]
        return cell_edges(on_air, since, until, cuts)


def _on_air(show: asyncpg.Record, at: datetime) -> OnAir:
    return OnAir(show["started_at"], max(show["started_at"], show["ended_at"] or at))
