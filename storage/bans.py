"""Devices kept out of a broadcast."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.audit import write_audit
from storage.pool import Database
from stream_jobs.domain.errors import ApplicationNotFound, BanNotFound
from stream_jobs.domain.ids import ApplicationId, BroadcastId, OrgId, ViewerId, uuid7
from stream_jobs.ports import BanRow, By

_BANS = """
    SELECT b.id, b.reason, b.by_name, b.at, b.lifted_at, b.lifted_by, (
        SELECT p.number FROM application p
        WHERE p.broadcast_id = b.broadcast_id AND p.viewer_id = b.viewer_id AND p.recorded_by IS NULL
        ORDER BY p.at DESC, p.id DESC LIMIT 1
    ) AS number
    FROM ban b
"""


class BanStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def ban(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        application_id: ApplicationId,
        *,
        reason: str,
        by: By,
        at: datetime,
    ) -> BanRow:
        async with self._database.transaction(org_id) as tx:
            # What staff recorded for someone was made by no device.
            viewer = await tx.fetchval(
                """
                SELECT viewer_id FROM application
                WHERE id = $1 AND org_id = $2 AND broadcast_id = $3 AND recorded_by IS NULL
                """,
                application_id,
                org_id,
                broadcast_id,
            )
            if viewer is None:
                raise ApplicationNotFound
            made = await tx.fetchval(
                """
                INSERT INTO ban (id, org_id, broadcast_id, viewer_id, reason, account_id, by_name, at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id
                """,
                uuid7(at),
                org_id,
                broadcast_id,
                viewer,
                reason,
                by.account_id,
                by.name,
                at,
            )
            if made:
                await write_audit(tx, org_id, by=by, action="ban", subject=str(made), purpose=reason, detail={}, at=at)
            row = await tx.fetchrow(
                f"{_BANS} WHERE b.broadcast_id = $1 AND b.viewer_id = $2 AND b.org_id = $3 AND b.lifted_at IS NULL",
                broadcast_id,
                viewer,
                org_id,
            )
        if row is None:
            raise AssertionError("it stands, or stood already")
        return _row(row)

    async def lift(self, org_id: OrgId, broadcast_id: BroadcastId, ban_id: UUID, *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            found = await tx.fetchrow(
                "SELECT lifted_at FROM ban WHERE id = $1 AND org_id = $2 AND broadcast_id = $3 FOR UPDATE",
                ban_id,
                org_id,
                broadcast_id,
            )
            if found is None:
                raise BanNotFound
            if found["lifted_at"] is None:
                await tx.execute("UPDATE ban SET lifted_at = $2, lifted_by = $3 WHERE id = $1", ban_id, at, by.name)
                await write_audit(
                    tx, org_id, by=by, action="lift_ban", subject=str(ban_id), purpose=None, detail={}, at=at
                )

    async def of(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[BanRow]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                f"{_BANS} WHERE b.org_id = $1 AND b.broadcast_id = $2 ORDER BY b.at DESC, b.id DESC",
                org_id,
                broadcast_id,
            )
        return [_row(row) for row in rows]

    async def standing(self) -> frozenset[tuple[BroadcastId, ViewerId]]:
        # A process serves every organisation.
        async with self._database.maintenance() as tx:
            rows = await tx.fetch("SELECT broadcast_id, viewer_id FROM ban WHERE lifted_at IS NULL")
        return frozenset((BroadcastId(row["broadcast_id"]), ViewerId(row["viewer_id"])) for row in rows)


def _row(row: asyncpg.Record) -> BanRow:
    return BanRow(
        id=row["id"],
        number=None if row["number"] is None else f"{row['number']:04}",
        reason=row["reason"],
        by=row["by_name"],
        at=row["at"],
        lifted_at=row["lifted_at"],
        lifted_by=row["lifted_by"],
    )
