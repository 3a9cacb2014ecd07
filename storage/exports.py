"""Exports: asked for in one transaction, read in many, readable with a key of their own until their day is over."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg

from storage.application_exports import application_lines, applications_asked, count_applications
from storage.audit import write_audit
from storage.export_states import Asked, Destroyed, anew, destroy, finish
from storage.people import People
from storage.pool import Database, Transaction
from storage.report_exports import count_shows, reports_asked, show_reports
from storage.reports import ReportStore
from storage.sealing import seal, unseal
from storage.vault import KEY_BYTES
from storage.work import enqueue
from storage.wrapping import share_wrapping
from stream_jobs.domain.errors import ExportNotFound, ExportNotReady, ExportTooLong
from stream_jobs.domain.ids import ExportId, OrgId, uuid7
from stream_jobs.ports import By
from stream_jobs.ports.exports import Encode, EncodeReports, ExportBody, ExportWanted, ReportsWanted
from stream_jobs.ports.objects import Objects
from stream_jobs.ports.work import DeleteObjects, ExpireExports, WriteExport

LISTED_FOR = timedelta(days=7)
LISTED = 50

_BODY = """
    SELECT e.id, coalesce(b.title, s.name) AS title, m.name AS employer, e.format, e.purpose, e.state, e.rows_done,
        e.rows_total, e.bytes, e.failure, e.asked_at, e.ready_at, e.expires_at, e.what, e.since, e.until
    FROM export e LEFT JOIN broadcast b ON b.id = e.broadcast_id LEFT JOIN series s ON s.id = e.series_id
    LEFT JOIN employer m ON m.id = e.employer_id
    WHERE e.org_id = $1 AND e.account_id = $2
"""


class ExportStore:
    def __init__(self, database: Database, people: People, objects: Objects, reports: ReportStore) -> None:
        self._database = database
        self._reports = reports
        self._people = people
        self._objects = objects

    async def ask(
        self, org_id: OrgId, wanted: ExportWanted, *, by: By, at: datetime, expires_at: datetime
    ) -> ExportBody:
        async with self._database.transaction(org_id) as tx:
            asked = await applications_asked(tx, org_id, wanted)
            detail = {
                "scope": wanted.scope.value,
                "broadcast": asked.broadcast_id,
                "series": asked.series_id,
                "employer": asked.employer_id,
                "format": asked.format,
            }
            return await _ask(tx, org_id, asked, detail, by=by, at=at, expires_at=expires_at)

    async def ask_reports(
        self, org_id: OrgId, wanted: ReportsWanted, *, by: By, at: datetime, expires_at: datetime
    ) -> ExportBody:
        async with self._database.transaction(org_id) as tx:
            asked = await reports_asked(tx, org_id, wanted)
            detail = {
                "what": asked.what,
                "series": asked.series_id,
                "since": asked.since,
                "until": asked.until,
                "format": asked.format,
            }
            return await _ask(tx, org_id, asked, detail, by=by, at=at, expires_at=expires_at)

    async def listed(self, org_id: OrgId, by: By, at: datetime) -> Sequence[ExportBody]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                f"{_BODY} AND e.asked_at > $3 ORDER BY e.asked_at DESC, e.id DESC LIMIT $4",
                org_id,
                by.account_id,
                at - LISTED_FOR,
                LISTED,
            )
        return [_body(row, at) for row in rows]

    async def fetch(
        self, org_id: OrgId, export_id: ExportId, *, by: By, at: datetime
    ) -> tuple[ExportBody, AsyncIterator[bytes]]:
        async with self._database.transaction(org_id) as tx:
            body = await _one(tx, org_id, by, export_id)
            row = await tx.fetchrow(
                """
                SELECT e.object_key, k.wrapped FROM export e JOIN keys.export_key k ON k.export_id = e.id
                WHERE e.id = $1 AND e.state = 'ready' AND e.expires_at > $2
                """,
                export_id,
                at,
            )
            if row is None:
                raise ExportNotReady
            await write_audit(
                tx,
                org_id,
                by=by,
                action="export_fetched",
                subject=str(export_id),
                purpose=body.purpose,
                detail={"rows": body.rows_done},
                at=at,
            )
        key = self._people.vault.unwrap_for("keys.export_key", export_id, row["wrapped"])
        return body, unseal(key, "export", export_id, self._objects.get(row["object_key"]))

    async def destroy(self, org_id: OrgId, export_id: ExportId, *, by: By, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            await _one(tx, org_id, by, export_id)
            if await destroy(tx, org_id, [export_id], "destroyed"):
                await enqueue(tx, None, ExpireExports(), at=at, dedupe="sweep")
                await write_audit(
                    tx,
                    org_id,
                    by=by,
                    action="export_destroyed",
                    subject=str(export_id),
                    purpose=None,
                    detail={},
                    at=at,
                )

    async def write(
        self, org_id: OrgId, export_id: ExportId, encode: Encode, encode_reports: EncodeReports, at: datetime
    ) -> None:
        begun = await self._begin(org_id, export_id, at)
        if begun is None:
            return
        export, key = begun
        size = 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for piece in self._encoded(export, encode, encode_reports, at):
                size += len(piece)
                yield piece

        try:
            await self._objects.put(export["object_key"], seal(key, "export", export_id, counted()))
            async with self._database.transaction(org_id) as tx:
                await finish(tx, export, size, at)
        except Destroyed:
            await self._objects.delete(export["object_key"])
        except ExportTooLong as error:
            await self.give_up(org_id, export_id, error.code, at)

    def _encoded(
        self, export: asyncpg.Record, encode: Encode, encode_reports: EncodeReports, at: datetime
    ) -> AsyncIterator[bytes]:
        if export["what"] == "reports":
            reports = show_reports(self._database, self._reports, export, at)
            return encode_reports(export["format"], export["language"], reports)
        return encode(export["format"], export["language"], application_lines(self._database, self._people, export, at))

    async def give_up(self, org_id: OrgId, export_id: ExportId, why: str, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            if await destroy(tx, org_id, [export_id], "failed"):
                await enqueue(tx, None, ExpireExports(), at=at, dedupe="sweep")
                await tx.execute("UPDATE export SET failure = $2 WHERE id = $1", export_id, why)

    async def again(
        self, org_id: OrgId, export_id: ExportId, *, by: By, at: datetime, expires_at: datetime
    ) -> ExportBody:
        async with self._database.transaction(org_id) as tx:
            body = await _one(tx, org_id, by, export_id)
            if not await anew(tx, org_id, export_id, at, asked_at=at, expires_at=expires_at):
                return body
            await write_audit(
                tx,
                org_id,
                by=by,
                action="export_again",
                subject=str(export_id),
                purpose=body.purpose,
                detail={"format": body.format.value},
                at=at,
            )
            await _enqueue(tx, org_id, export_id, at, expires_at)
            return await _one(tx, org_id, by, export_id)

    async def expire(self, at: datetime) -> int:
        gone = 0
        for org_id in await self._database.tenants():
            async with self._database.transaction(org_id) as tx:
                rows = await tx.fetch(
                    """
                    SELECT id FROM export
                    WHERE org_id = $1 AND expires_at <= $2 AND state IN ('waiting', 'writing', 'ready')
                    """,
                    org_id,
                    at,
                )
                gone += await destroy(tx, org_id, [row["id"] for row in rows], "expired")
            await self._sweep(org_id)
        return gone

    async def _sweep(self, org_id: OrgId) -> None:
        """The bytes of what nobody can read; first they go, then where they lay is forgotten."""
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                """
                SELECT id, object_key FROM export
                WHERE org_id = $1 AND object_key IS NOT NULL AND state IN ('failed', 'expired', 'destroyed')
                """,
                org_id,
            )
        await self._objects.delete(*(row["object_key"] for row in rows))
        async with self._database.transaction(org_id) as tx:
            # One that is tried anew meanwhile has another key.
            await tx.execute(
                "UPDATE export SET object_key = NULL WHERE id = ANY($1::uuid[]) AND object_key = ANY($2::text[])",
                [row["id"] for row in rows],
                [row["object_key"] for row in rows],
            )

    async def _begin(self, org_id: OrgId, export_id: ExportId, at: datetime) -> tuple[asyncpg.Record, bytes] | None:
        """A place and a key of its own, new each time: whoever began before, and may live, ends."""
        key = secrets.token_bytes(KEY_BYTES)
        async with self._database.transaction(org_id) as tx:
            wraps = await share_wrapping(tx, self._people.vault)
            # Held work that somebody released.
            await anew(tx, org_id, export_id, at)
            row = await tx.fetchrow(
                """
                UPDATE export e SET state = 'writing', rows_done = 0, object_key = $4
                FROM account a
                WHERE e.id = $1 AND e.org_id = $2 AND e.state IN ('waiting', 'writing') AND e.expires_at > $3
                    AND a.id = e.account_id AND a.disabled_at IS NULL
                RETURNING e.id, e.org_id, e.broadcast_id, e.series_id, e.employer_id, e.format, e.language, e.purpose,
                    e.asked_at, e.object_key, e.account_id, e.by_name, e.what, e.since, e.until, a.role,
                    old.object_key AS earlier
                """,
                export_id,
                org_id,
                at,
                self._objects.new_key(),
            )
            if row is None:
                return None
            if row["earlier"]:
                await enqueue(tx, org_id, DeleteObjects(keys=(row["earlier"],)), at=at)
            count = count_shows if row["what"] == "reports" else count_applications
            await tx.execute("UPDATE export SET rows_total = $2 WHERE id = $1", export_id, await count(tx, row))
            await tx.execute(
                """
                INSERT INTO keys.export_key (export_id, org_id, wrapped) VALUES ($1, $2, $3)
                ON CONFLICT (export_id) DO UPDATE SET wrapped = EXCLUDED.wrapped
                """,
                export_id,
                org_id,
                self._people.vault.wrap_for("keys.export_key", export_id, key, wraps),
            )
        return row, key


async def _ask(
    tx: Transaction,
    org_id: OrgId,
    asked: Asked,
    detail: Mapping[str, object],
    *,
    by: By,
    at: datetime,
    expires_at: datetime,
) -> ExportBody:
    if same := await _waiting(tx, org_id, by, asked):
        return same
    id_ = ExportId(uuid7(at))
    await tx.execute(
        """
        INSERT INTO export (id, org_id, account_id, by_name, state, asked_at, expires_at,
            what, format, language, purpose, broadcast_id, series_id, employer_id, since, until)
        VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        id_,
        org_id,
        by.account_id,
        by.name,
        at,
        expires_at,
        *asked,
    )
    await _enqueue(tx, org_id, id_, at, expires_at)
    said = {name: None if value is None else str(value) for name, value in detail.items()}
    await write_audit(tx, org_id, by=by, action="export", subject=str(id_), purpose=asked.purpose, detail=said, at=at)
    return await _one(tx, org_id, by, id_)


async def _waiting(tx: Transaction, org_id: OrgId, by: By, asked: Asked) -> ExportBody | None:
    """The same, asked for a moment ago: a button pressed twice."""
    # Two requests at once look one after the other.
    await tx.execute("SELECT FROM account WHERE id = $1 FOR UPDATE", by.account_id)
    row = await tx.fetchrow(
        f"""
        {_BODY} AND e.state IN ('waiting', 'writing') AND e.what = $3 AND e.format = $4 AND e.language = $5
            AND e.purpose IS NOT DISTINCT FROM $6 AND e.broadcast_id IS NOT DISTINCT FROM $7
            AND e.series_id IS NOT DISTINCT FROM $8 AND e.employer_id IS NOT DISTINCT FROM $9
            AND e.since IS NOT DISTINCT FROM $10 AND e.until IS NOT DISTINCT FROM $11
        LIMIT 1
        """,
        org_id,
        by.account_id,
        *asked,
    )
    return ExportBody(**row) if row else None


async def _enqueue(tx: Transaction, org_id: OrgId, export_id: ExportId, at: datetime, expires_at: datetime) -> None:
    """To be written now, and to end on its day."""
    await enqueue(tx, org_id, WriteExport(export_id=export_id), at=at)
    await enqueue(tx, None, ExpireExports(), at=at, after=expires_at - at, dedupe=f"{export_id} {at}")


async def _one(tx: Transaction, org_id: OrgId, by: By, export_id: ExportId) -> ExportBody:
    row = await tx.fetchrow(f"{_BODY} AND e.id = $3", org_id, by.account_id, export_id)
    if row is None:
        raise ExportNotFound
    return ExportBody(**row)


def _body(row: asyncpg.Record, at: datetime) -> ExportBody:
    """What is past its day says so before anyone has come to take its key away."""
    state = "expired" if row["state"] in ("waiting", "writing", "ready") and row["expires_at"] <= at else row["state"]
    return ExportBody(**{**row, "state": state})
