"""Typed parts of shows."""

from collections.abc import Sequence
from datetime import datetime

from storage.pool import Database, Transaction
from storage.stage_log import lock_broadcast
from stream_jobs.domain.errors import BroadcastNotFound, BroadcastNotLive
from stream_jobs.domain.events import Status
from stream_jobs.domain.ids import BroadcastId, OrgId, SegmentId
from stream_jobs.domain.programme import SegmentNotFound
from stream_jobs.ports.segments import SegmentBody, SegmentKind


class SegmentStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[SegmentBody]:
        async with self._database.transaction(org_id) as tx:
            if not await tx.fetchval(
                "SELECT EXISTS (SELECT FROM broadcast WHERE id = $1 AND org_id = $2)", broadcast_id, org_id
            ):
                raise BroadcastNotFound
            rows = await tx.fetch(
                """
                SELECT id, kind, started_at, least(ended_at, lead(started_at) OVER in_order) AS ended_at
                FROM segment WHERE broadcast_id = $1
                WINDOW in_order AS (ORDER BY started_at, id) ORDER BY started_at, id
                """,
                broadcast_id,
            )
        return [SegmentBody(**dict(row.items())) for row in rows]

    async def begin(
        self, org_id: OrgId, broadcast_id: BroadcastId, segment_id: SegmentId, kind: SegmentKind, at: datetime
    ) -> None:
        async with self._database.transaction(org_id) as tx:
            await _must_be_live(tx, org_id, broadcast_id)
            # The part before keeps its open end, so that removing this one lets it go on.
            await tx.execute(
                """
                INSERT INTO segment (id, org_id, broadcast_id, kind, started_at)
                SELECT $1, $2, $3, $4, $5 WHERE $4 IS DISTINCT FROM (
                    SELECT CASE WHEN ended_at IS NULL THEN kind END FROM segment
                    WHERE broadcast_id = $3 ORDER BY started_at DESC, id DESC LIMIT 1
                )
                """,
                segment_id,
                org_id,
                broadcast_id,
                kind,
                at,
            )

    async def end(self, org_id: OrgId, broadcast_id: BroadcastId, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            await _must_be_live(tx, org_id, broadcast_id)
            await tx.execute(
                """
                UPDATE segment SET ended_at = $2
                WHERE ended_at IS NULL AND id = (
                    SELECT id FROM segment WHERE broadcast_id = $1 ORDER BY started_at DESC, id DESC LIMIT 1
                )
                """,
                broadcast_id,
                at,
            )

    async def remove(self, org_id: OrgId, broadcast_id: BroadcastId, segment_id: SegmentId) -> None:
        async with self._database.transaction(org_id) as tx:
            await lock_broadcast(tx, org_id, broadcast_id)
            done = await tx.execute("DELETE FROM segment WHERE broadcast_id = $1 AND id = $2", broadcast_id, segment_id)
        if done == "DELETE 0":
            raise SegmentNotFound


async def _must_be_live(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId) -> None:
    broadcast = await lock_broadcast(tx, org_id, broadcast_id)
    if broadcast.stage.status is not Status.LIVE:
        raise BroadcastNotLive
