"""Platforms' exports of their figures: rows with verdicts, and the figures written from them."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.pool import Database, Transaction
from stream_jobs.domain.errors import BroadcastNotFound, ImportDone, ImportNotFound
from stream_jobs.domain.ids import BroadcastId, OrgId, PlatformImportId
from stream_jobs.domain.platform_sheet.matching import Show
from stream_jobs.ports import By, SkippedSheet, VerdictKind
from stream_jobs.ports.platform_imports import (
    NewPlatformImport,
    PlatformImportBody,
    PlatformImportRow,
    PlatformTotals,
)

_BODY = """
    SELECT id, file_name, platform, broadcast_id, state, totals, sheets, by_name, created_at, confirmed_by,
        confirmed_at, undone_at
    FROM platform_import WHERE org_id = $1
"""
# Columns of their own; the rest of a row is its body.
_COLUMNS = {"nth", "verdict", "broadcast_id"}


class PlatformImportStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def shows(self, org_id: OrgId, platform: str) -> Sequence[Show]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                """
                SELECT b.id, b.title, b.started_at, f.metric, f.value
                FROM broadcast b LEFT JOIN platform_figure f ON f.broadcast_id = b.id AND f.platform = $2
                WHERE b.org_id = $1 AND NOT b.rehearsal AND b.started_at IS NOT NULL ORDER BY b.started_at, b.id
                """,
                org_id,
                platform,
            )
        shows: dict[UUID, Show] = {}
        for row in rows:
            one = shows.setdefault(row["id"], Show(BroadcastId(row["id"]), row["title"], row["started_at"], {}))
            if row["metric"] is not None:
                shows[row["id"]] = Show(one.id, one.title, one.started_at, {**one.figures, row["metric"]: row["value"]})
        return list(shows.values())

    async def add(self, org_id: OrgId, new: NewPlatformImport, *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            await _must_be_ours(tx, org_id, new.broadcast_id)
            await tx.execute(
                """
                INSERT INTO platform_import (id, org_id, file_name, platform, broadcast_id, state, totals, sheets,
                    by_name, created_at)
                VALUES ($1, $2, $3, $4, $5, 'previewed', $6, $7, $8, $9)
                """,
                new.id,
                org_id,
                new.file_name,
                new.platform,
                new.broadcast_id,
                new.totals.model_dump(mode="json"),
                [sheet.model_dump(mode="json") for sheet in new.sheets],
                by.name,
                at,
            )
            await tx.executemany(
                """
                INSERT INTO platform_import_row (import_id, org_id, nth, verdict, broadcast_id, body)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                [
                    (
                        new.id,
                        org_id,
                        row.nth,
                        row.verdict,
                        row.broadcast_id,
                        json.loads(row.model_dump_json(exclude=_COLUMNS)),
                    )
                    for row in new.rows
                ],
            )

    async def listed(self, org_id: OrgId) -> Sequence[PlatformImportBody]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(f"{_BODY} ORDER BY created_at DESC, id DESC LIMIT 50", org_id)
        return [_body(row) for row in rows]

    async def one(self, org_id: OrgId, import_id: PlatformImportId) -> PlatformImportBody:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(f"{_BODY} AND id = $2", org_id, import_id)
        if row is None:
            raise ImportNotFound
        return _body(row)

    async def rows(
        self, org_id: OrgId, import_id: PlatformImportId, verdict: VerdictKind | None, after: int, limit: int
    ) -> Sequence[PlatformImportRow]:
        await self.one(org_id, import_id)
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                """
                SELECT nth, verdict, broadcast_id, body FROM platform_import_row
                WHERE import_id = $1 AND org_id = $2 AND ($3::text IS NULL OR verdict = $3) AND nth > $4
                ORDER BY nth LIMIT $5
                """,
                import_id,
                org_id,
                verdict,
                after,
                limit,
            )
        return [_row(row) for row in rows]

    async def confirm(self, org_id: OrgId, import_id: PlatformImportId, *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            platform = await _in_state(tx, org_id, import_id, "previewed")
            rows = await tx.fetch(
                """
                SELECT nth, verdict, broadcast_id, body FROM platform_import_row
                WHERE import_id = $1 AND verdict = 'imports' ORDER BY broadcast_id
                """,
                import_id,
            )
            for row in rows:
                await _write(tx, org_id, import_id, platform, _row(row), by, at)
            await tx.execute(
                "UPDATE platform_import SET state = 'confirmed', confirmed_by = $2, confirmed_at = $3 WHERE id = $1",
                import_id,
                by.name,
                at,
            )

    async def undo(self, org_id: OrgId, import_id: PlatformImportId, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            platform = await _in_state(tx, org_id, import_id, "confirmed")
            rows = await tx.fetch(
                """
                SELECT broadcast_id, replaced FROM platform_import_row
                WHERE import_id = $1 AND verdict = 'imports' ORDER BY broadcast_id
                """,
                import_id,
            )
            await tx.fetch(
                "SELECT FROM platform_figure WHERE import_id = $1 ORDER BY broadcast_id, metric FOR UPDATE", import_id
            )
            for row in rows:
                for old in row["replaced"]:
                    await _put_back(tx, import_id, row["broadcast_id"], platform, old)
            await tx.execute("DELETE FROM platform_figure WHERE import_id = $1", import_id)
            await tx.execute("UPDATE platform_import SET state = 'undone', undone_at = $2 WHERE id = $1", import_id, at)


async def _must_be_ours(tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId | None) -> None:
    if broadcast_id is not None and not await tx.fetchval(
        "SELECT true FROM broadcast WHERE id = $1 AND org_id = $2", broadcast_id, org_id
    ):
        raise BroadcastNotFound


async def _in_state(tx: Transaction, org_id: OrgId, import_id: PlatformImportId, state: str) -> str:
    """Its platform; nobody else confirms or undoes it meanwhile."""
    row = await tx.fetchrow(
        "SELECT state, platform FROM platform_import WHERE id = $1 AND org_id = $2 FOR UPDATE", import_id, org_id
    )
    if row is None:
        raise ImportNotFound
    if row["state"] != state:
        raise ImportDone
    return str(row["platform"])


async def _write(
    tx: Transaction,
    org_id: OrgId,
    import_id: PlatformImportId,
    platform: str,
    row: PlatformImportRow,
    by: By,
    at: datetime,
) -> None:
    """In the order of metrics, as every other writer; what stood there is kept for an undo."""
    figures = sorted(row.figures, key=lambda figure: figure.metric)
    old = await tx.fetch(
        """
        SELECT metric, value, by_name, at::text AS at, import_id::text AS import_id FROM platform_figure
        WHERE broadcast_id = $1 AND platform = $2 AND metric = ANY($3::text[]) ORDER BY metric FOR UPDATE
        """,
        row.broadcast_id,
        platform,
        [figure.metric for figure in figures],
    )
    await tx.execute(
        "UPDATE platform_import_row SET replaced = $3 WHERE import_id = $1 AND nth = $2",
        import_id,
        row.nth,
        [dict(one) for one in old],
    )
    await tx.executemany(
        """
        INSERT INTO platform_figure (broadcast_id, platform, metric, org_id, value, by_name, at, import_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (broadcast_id, platform, metric) DO UPDATE
        SET value = excluded.value, by_name = excluded.by_name, at = excluded.at, import_id = excluded.import_id
        """,
        [
            (row.broadcast_id, platform, figure.metric, org_id, figure.value, by.name, at, import_id)
            for figure in figures
        ],
    )


async def _put_back(
    tx: Transaction, import_id: PlatformImportId, broadcast_id: UUID, platform: str, old: dict[str, object]
) -> None:
    await tx.execute(
        """
        UPDATE platform_figure SET value = $5, by_name = $6, at = $7::text::timestamptz, import_id = $8::text::uuid
        WHERE import_id = $1 AND broadcast_id = $2 AND platform = $3 AND metric = $4
        """,
        import_id,
        broadcast_id,
        platform,
        old["metric"],
        old["value"],
        old["by_name"],
        old["at"],
        old["import_id"],
    )


def _body(row: asyncpg.Record) -> PlatformImportBody:
    return PlatformImportBody(
        id=row["id"],
        file_name=row["file_name"],
        platform=row["platform"],
        broadcast_id=row["broadcast_id"],
        state=row["state"],
        totals=PlatformTotals.model_validate(row["totals"]),
        sheets=tuple(SkippedSheet.model_validate(sheet) for sheet in row["sheets"]),
        by=row["by_name"],
        created_at=row["created_at"],
        confirmed_by=row["confirmed_by"],
        confirmed_at=row["confirmed_at"],
        undone_at=row["undone_at"],
    )


def _row(row: asyncpg.Record) -> PlatformImportRow:
    return PlatformImportRow.model_validate(
        {**row["body"], "nth": row["nth"], "verdict": row["verdict"], "broadcast_id": row["broadcast_id"]}
    )
