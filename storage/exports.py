"""Exports: asked for in one transaction, read in many, readable with a key of their own until their day is over."""

import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import asyncpg

from storage.audit import write_audit
from storage.locking import hold_people, lock_people, steady
from storage.moves import mark_viewed
from storage.people import People
from storage.pool import Database, Transaction
from storage.reports import ReportStore, midnight
from storage.sealing import seal, unseal
from storage.vault import KEY_BYTES
from storage.work import enqueue
from storage.wrapping import share_wrapping
from stream_jobs.domain.errors import (
    BadInput,
    BroadcastNotFound,
    EmployerNotFound,
    ExportNotFound,
    ExportNotReady,
    ExportTooLong,
)
from stream_jobs.domain.ids import BroadcastId, ExportId, OrgId, PersonId, uuid7
from stream_jobs.domain.model import CardKind, card_label
from stream_jobs.domain.phone import mask_name, mask_phone
from stream_jobs.ports import By, Report
from stream_jobs.ports.exports import (
    Encode,
    EncodeReports,
    ExportBody,
    ExportLine,
    ExportScope,
    ExportWanted,
    ReportsWanted,
)
from stream_jobs.ports.objects import Objects
from stream_jobs.ports.work import DeleteObjects, ExpireExports, WriteExport

if TYPE_CHECKING:
    from storage.keeping import Moving

# Long enough that reading is not the waiting, short enough that erasing somebody waits for no one.
BATCH = 500
LISTED_FOR = timedelta(days=7)
LISTED = 50

_BODY = """
    SELECT e.id, coalesce(b.title, s.name) AS title, m.name AS employer, e.format, e.purpose, e.state, e.rows_done,
        e.rows_total, e.bytes, e.failure, e.asked_at, e.ready_at, e.expires_at, e.what, e.since, e.until
    FROM export e LEFT JOIN broadcast b ON b.id = e.broadcast_id LEFT JOIN series s ON s.id = e.series_id
    LEFT JOIN employer m ON m.id = e.employer_id
    WHERE e.org_id = $1 AND e.account_id = $2
"""

# Of one show, one series or everything; no later than when it was asked for, so that the end stays where it is.
_WHICH = """
    FROM application p JOIN broadcast b ON b.id = p.broadcast_id
    WHERE p.org_id = $1 AND p.at <= $2 AND ($3::uuid IS NULL OR p.broadcast_id = $3)
        AND ($4::uuid IS NULL OR b.series_id = $4) AND ($5::uuid IS NULL OR p.employer_id = $5)
        AND ($3::uuid IS NOT NULL OR NOT b.rehearsal)
"""

_LINES = """
    SELECT p.id, p.number, p.state, p.at, p.person_id, p.employer_id, b.title AS broadcast, b.starts_at, c.kind,
        c.number AS card, j.title, m.name AS employer, n.name AS channel, a.name AS recorded_by, k.wrapped, v.phone,
        w.name, EXISTS (
            SELECT FROM account r WHERE r.employer_id = p.employer_id AND r.role = 'recruiter' AND r.disabled_at IS NULL
        ) AS guarded
    FROM application p JOIN broadcast b ON b.id = p.broadcast_id JOIN card c ON c.id = p.card_id
    JOIN job j ON j.id = p.job_id JOIN employer m ON m.id = p.employer_id
    LEFT JOIN channel n ON n.id = p.last_channel_id LEFT JOIN account a ON a.id = p.recorded_by
    LEFT JOIN keys.person_key k ON k.person_id = p.person_id LEFT JOIN vault.person v ON v.person_id = p.person_id
    LEFT JOIN vault.application w ON w.application_id = p.id
    WHERE p.id = ANY($1::uuid[]) ORDER BY p.at, p.id
"""


# Of a series, or begun on these days; never a rehearsal, and none that began after it was asked for.
_SHOWS = """
    FROM broadcast b
    WHERE b.org_id = $1 AND b.started_at <= $2 AND NOT b.rehearsal AND ($3::uuid IS NULL OR b.series_id = $3)
        AND ($4::timestamptz IS NULL OR b.started_at >= $4) AND ($5::timestamptz IS NULL OR b.started_at < $5)
"""

# Only of who began last: each writes to a place of its own.
_PROGRESS = "UPDATE export SET rows_done = $3 WHERE id = $1 AND object_key = $2 AND state = 'writing' RETURNING true"


class _Destroyed(Exception):
    """While it was being written, or somebody else began it anew: nothing of what was written here may stay."""


class _Scope(NamedTuple):
    org_id: OrgId
    asked_at: datetime
    broadcast_id: UUID | None
    series_id: UUID | None
    employer_id: UUID | None


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
            broadcast_id, series_id = await _scope(tx, org_id, wanted)
            if same := await _waiting(tx, org_id, by, wanted, broadcast_id, series_id):
                return same
            id_ = ExportId(uuid7(at))
            await tx.execute(
                """
                INSERT INTO export (id, org_id, account_id, by_name, broadcast_id, series_id, employer_id, format,
                    purpose, language, state, asked_at, expires_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', $11, $12)
                """,
                id_,
                org_id,
                by.account_id,
                by.name,
                broadcast_id,
                series_id,
                wanted.employer_id,
                wanted.format.value,
                wanted.purpose,
                wanted.language,
                at,
                expires_at,
            )
            await enqueue(tx, org_id, WriteExport(export_id=id_), at=at)
            await enqueue(tx, None, ExpireExports(), at=at, after=expires_at - at, dedupe=str(id_))
            await write_audit(
                tx,
                org_id,
                by=by,
                action="export",
                subject=str(id_),
                purpose=wanted.purpose,
                detail={
                    "scope": wanted.scope.value,
                    "broadcast": broadcast_id and str(broadcast_id),
                    "series": series_id and str(series_id),
                    "employer": wanted.employer_id and str(wanted.employer_id),
                    "format": wanted.format.value,
                },
                at=at,
            )
            return await _one(tx, org_id, by, id_)

    async def ask_reports(
        self, org_id: OrgId, wanted: ReportsWanted, *, by: By, at: datetime, expires_at: datetime
    ) -> ExportBody:
        async with self._database.transaction(org_id) as tx:
            series_id = await _series(tx, org_id, wanted.series)
            days = (None, None) if series_id else (wanted.since, wanted.until)
            if same := await _same_reports(tx, org_id, by, wanted, series_id, days):
                return same
            id_ = ExportId(uuid7(at))
            await tx.execute(
                """
                INSERT INTO export (id, org_id, account_id, by_name, series_id, format, language, state, asked_at,
                    expires_at, what, since, until)
                VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $9, 'reports', $10, $11)
                """,
                id_,
                org_id,
                by.account_id,
                by.name,
                series_id,
                wanted.format.value,
                wanted.language,
                at,
                expires_at,
                *days,
            )
            await enqueue(tx, org_id, WriteExport(export_id=id_), at=at)
            await enqueue(tx, None, ExpireExports(), at=at, after=expires_at - at, dedupe=str(id_))
            await write_audit(
                tx,
                org_id,
                by=by,
                action="export",
                subject=str(id_),
                purpose=None,
                detail={
                    "what": "reports",
                    "series": series_id and str(series_id),
                    "since": days[0] and days[0].isoformat(),
                    "until": days[1] and days[1].isoformat(),
                    "format": wanted.format.value,
                },
                at=at,
            )
            return await _one(tx, org_id, by, id_)

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
            if await _destroy(tx, org_id, [export_id], "destroyed"):
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
        row, key = begun
        size = 0

        async def counted(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            nonlocal size
            async for piece in pieces:
                size += len(piece)
                yield piece

        if row["what"] == "reports":
            clear = counted(encode_reports(row["format"], row["language"], self._reports_of(row, at)))
        else:
            clear = counted(encode(row["format"], row["language"], self._lines(row, at)))
        try:
            await self._objects.put(row["object_key"], seal(key, "export", export_id, clear))
            await self._finish(row, size, at)
        except _Destroyed:
            await self._objects.delete(row["object_key"])
        except ExportTooLong as error:
            await self._fail(org_id, export_id, error.code, at)

    async def give_up(self, org_id: OrgId, export_id: ExportId, why: str, at: datetime) -> None:
        await self._fail(org_id, export_id, why, at)

    async def again(
        self, org_id: OrgId, export_id: ExportId, *, by: By, at: datetime, expires_at: datetime
    ) -> ExportBody:
        async with self._database.transaction(org_id) as tx:
            body = await _one(tx, org_id, by, export_id)
            if not await _anew(tx, org_id, export_id, at, asked_at=at, expires_at=expires_at):
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
            await enqueue(tx, org_id, WriteExport(export_id=export_id), at=at)
            await enqueue(tx, None, ExpireExports(), at=at, after=expires_at - at, dedupe=f"{export_id} {at}")
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
                gone += await _destroy(tx, org_id, [row["id"] for row in rows], "expired")
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
            await _anew(tx, org_id, export_id, at)
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
            if row["what"] == "reports":
                total = await tx.fetchval(f"SELECT count(*) {_SHOWS}", *_shows_of(row))
            else:
                total = await tx.fetchval(f"SELECT count(*) {_WHICH}", *_scope_of(row))
            await tx.execute("UPDATE export SET rows_total = $2 WHERE id = $1", export_id, total)
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

    async def _lines(self, export: asyncpg.Record, at: datetime) -> AsyncIterator[Sequence[ExportLine]]:
        """In the order they came; each batch in a transaction of its own, so that nobody waits for a long list."""
        last: tuple[datetime, UUID] | None = None
        done = 0
        while True:
            async with self._database.transaction(export["org_id"]) as tx:
                which = await _next(tx, export, last)
                if not which:
                    return
                await _write_down(tx, export, which)
                rows = await _read(tx, export, which, at)
                done += len(which)
                if not await tx.fetchval(_PROGRESS, export["id"], export["object_key"], done):
                    raise _Destroyed
            yield [self._line(row, export) for row in rows]
            last = which[-1]["at"], which[-1]["id"]

    async def _reports_of(self, export: asyncpg.Record, at: datetime) -> AsyncIterator[Report]:
        """In the order the shows were; each counted by itself, at this moment."""
        async with self._database.transaction(export["org_id"]) as tx:
            shows = await exported_shows(tx, *_shows_of(export))
        for done, show in enumerate(shows, start=1):
            report = await self._reports.report(export["org_id"], show, at)
            async with self._database.transaction(export["org_id"]) as tx:
                if not await tx.fetchval(_PROGRESS, export["id"], export["object_key"], done):
                    raise _Destroyed
            yield report

    def _line(self, row: asyncpg.Record, export: asyncpg.Record) -> ExportLine:
        contact = self._people.contact(row)
        shown = export["purpose"] is not None and (export["role"] == "recruiter" or not row["guarded"])
        phone = contact.phone or ""
        return ExportLine(
            broadcast=row["broadcast"],
            starts_at=row["starts_at"],
            number=f"{row['number']:04}",
            name=(contact.name or "") if shown else mask_name(contact.name),
            phone=phone if shown or not phone else mask_phone(phone),
            card=card_label(CardKind(row["kind"]), row["card"]),
            job=row["title"],
            employer=row["employer"],
            channel=row["channel"],
            state=row["state"],
            at=row["at"],
            recorded_by=row["recorded_by"],
        )

    async def _finish(self, export: asyncpg.Record, size: int, at: datetime) -> None:
        async with self._database.transaction(export["org_id"]) as tx:
            if not await tx.fetchval(
                """
                UPDATE export SET state = 'ready', bytes = $3, ready_at = $4
                WHERE id = $1 AND object_key = $2 AND state = 'writing' RETURNING true
                """,
                export["id"],
                export["object_key"],
                size,
                at,
            ):
                raise _Destroyed

    async def _fail(self, org_id: OrgId, export_id: ExportId, code: str, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            if await _destroy(tx, org_id, [export_id], "failed"):
                await enqueue(tx, None, ExpireExports(), at=at, dedupe="sweep")
                await tx.execute("UPDATE export SET failure = $2 WHERE id = $1", export_id, code)


async def forget(tx: Transaction, org_id: OrgId, person_id: PersonId) -> None:
    """Destroys every export this person stands in, in the transaction that erases the person.

    An export being written reads a person only after it has written down that it will: the person is held by that, and
    locked by whoever erases.
    """
    await lock_people(tx, [person_id])
    rows = await tx.fetch("SELECT export_id FROM export_person WHERE person_id = $1 AND org_id = $2", person_id, org_id)
    await _destroy(tx, org_id, [row["export_id"] for row in rows], "destroyed")


async def move(tx: Transaction, org_id: OrgId, moving: "Moving") -> None:
    """Whoever is erased later stands in the exports of both."""
    rows = await tx.fetch(
        "SELECT export_id FROM export_person WHERE person_id = $1 AND org_id = $2", moving.old, org_id
    )
    await _lock(tx, [row["export_id"] for row in rows])
    await tx.execute(
        """
        WITH stood AS (DELETE FROM export_person WHERE person_id = $1 AND org_id = $2 RETURNING export_id)
        INSERT INTO export_person (person_id, export_id, org_id) SELECT $3, export_id, $2 FROM stood
        ON CONFLICT DO NOTHING
        """,
        moving.old,
        org_id,
        moving.new,
    )


async def _destroy(tx: Transaction, org_id: OrgId, ids: Sequence[ExportId], state: str) -> int:
    """Unreadable with this transaction; `sweep` takes the bytes away."""
    await _lock(tx, ids)
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


async def _anew(
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


async def _lock(tx: Transaction, ids: Sequence[UUID]) -> None:
    await tx.execute("SELECT FROM export WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", list(ids))


async def _series(tx: Transaction, org_id: OrgId, name: str | None) -> UUID | None:
    if name is None:
        return None
    found: UUID | None = await tx.fetchval("SELECT id FROM series WHERE org_id = $1 AND name = $2", org_id, name)
    if found is None:
        raise BadInput(field="series", expected="the name of a series")
    return found


async def exported_shows(tx: Transaction, *which: object) -> Sequence[BroadcastId]:
    """Whose reports an export holds, in the order they were: organisation, until when they began, series, days."""
    return [row["id"] for row in await tx.fetch(f"SELECT b.id {_SHOWS} ORDER BY b.started_at, b.id", *which)]


def _shows_of(export: asyncpg.Record) -> tuple[object, ...]:
    since, until = export["since"], export["until"]
    return (
        export["org_id"],
        export["asked_at"],
        export["series_id"],
        midnight(since),
        midnight(until + timedelta(days=1) if until else None),
    )


async def _same_reports(
    tx: Transaction,
    org_id: OrgId,
    by: By,
    wanted: ReportsWanted,
    series_id: UUID | None,
    days: tuple[date | None, date | None],
) -> ExportBody | None:
    """The same, asked for a moment ago: a button pressed twice."""
    await tx.execute("SELECT FROM account WHERE id = $1 FOR UPDATE", by.account_id)
    row = await tx.fetchrow(
        f"""
        {_BODY} AND e.state IN ('waiting', 'writing') AND e.what = 'reports' AND e.format = $3 AND e.language = $4
            AND e.series_id IS NOT DISTINCT FROM $5 AND e.since IS NOT DISTINCT FROM $6
            AND e.until IS NOT DISTINCT FROM $7
        LIMIT 1
        """,
        org_id,
        by.account_id,
        wanted.format.value,
        wanted.language,
        series_id,
        *days,
    )
    return ExportBody(**row) if row else None


async def _scope(tx: Transaction, org_id: OrgId, wanted: ExportWanted) -> tuple[UUID | None, UUID | None]:
    """The broadcast or the series; neither for everything."""
    row = await tx.fetchrow(
        "SELECT id, series_id FROM broadcast WHERE id = $1 AND org_id = $2", wanted.broadcast_id, org_id
    )
    if row is None:
        raise BroadcastNotFound
    if wanted.employer_id and not await tx.fetchval(
        "SELECT true FROM employer WHERE id = $1 AND org_id = $2", wanted.employer_id, org_id
    ):
        raise EmployerNotFound
    match wanted.scope:
        case ExportScope.BROADCAST:
            return row["id"], None
        case ExportScope.SERIES if row["series_id"]:
            return None, row["series_id"]
        case ExportScope.SERIES:
            raise BadInput("This show belongs to no series", field="scope", expected="broadcast or everything")
        case ExportScope.EVERYTHING:
            return None, None


async def _waiting(
    tx: Transaction, org_id: OrgId, by: By, wanted: ExportWanted, broadcast_id: UUID | None, series_id: UUID | None
) -> ExportBody | None:
    """The same, asked for a moment ago: a button pressed twice."""
    # Two requests at once look one after the other.
    await tx.execute("SELECT FROM account WHERE id = $1 FOR UPDATE", by.account_id)
    row = await tx.fetchrow(
        f"""
        {_BODY} AND e.state IN ('waiting', 'writing') AND e.what = 'applications' AND e.format = $3
            AND e.purpose IS NOT DISTINCT FROM $4 AND e.language = $5
            AND e.broadcast_id IS NOT DISTINCT FROM $6 AND e.series_id IS NOT DISTINCT FROM $7
            AND e.employer_id IS NOT DISTINCT FROM $8
        LIMIT 1
        """,
        org_id,
        by.account_id,
        wanted.format.value,
        wanted.purpose,
        wanted.language,
        broadcast_id,
        series_id,
        wanted.employer_id,
    )
    return ExportBody(**row) if row else None


async def _one(tx: Transaction, org_id: OrgId, by: By, export_id: ExportId) -> ExportBody:
    row = await tx.fetchrow(f"{_BODY} AND e.id = $3", org_id, by.account_id, export_id)
    if row is None:
        raise ExportNotFound
    return ExportBody(**row)


def _body(row: asyncpg.Record, at: datetime) -> ExportBody:
    """What is past its day says so before anyone has come to take its key away."""
    state = "expired" if row["state"] in ("waiting", "writing", "ready") and row["expires_at"] <= at else row["state"]
    return ExportBody(**{**row, "state": state})


def _scope_of(export: asyncpg.Record) -> _Scope:
    return _Scope(
        export["org_id"], export["asked_at"], export["broadcast_id"], export["series_id"], export["employer_id"]
    )


async def _next(
    tx: Transaction, export: asyncpg.Record, last: tuple[datetime, UUID] | None
) -> Sequence[asyncpg.Record]:
    return await tx.fetch(
        f"SELECT p.id, p.at {_WHICH} AND ($6::uuid IS NULL OR (p.at, p.id) > ($7, $6)) ORDER BY p.at, p.id LIMIT $8",
        *_scope_of(export),
        last and last[1],
        last and last[0],
        BATCH,
    )


async def _write_down(tx: Transaction, export: asyncpg.Record, which: Sequence[asyncpg.Record]) -> None:
    """Who will stand in it, once erasing and merging under way are over: nobody who vanished, and nobody left out."""
    applications = [row["id"] for row in which]

    async def people() -> Sequence[UUID]:
        rows = await tx.fetch(
            "SELECT DISTINCT person_id FROM application WHERE id = ANY($1::uuid[]) ORDER BY person_id", applications
        )
        return [row["person_id"] for row in rows]

    held = await steady(tx, people, lambda found: hold_people(tx, found))
    await tx.execute(
        """
        INSERT INTO export_person (person_id, export_id, org_id)
        SELECT id, $2, $3 FROM unnest($1::uuid[]) AS person (id) ON CONFLICT DO NOTHING
        """,
        held,
        export["id"],
        export["org_id"],
    )


async def _read(
    tx: Transaction, export: asyncpg.Record, which: Sequence[asyncpg.Record], at: datetime
) -> Sequence[asyncpg.Record]:
    """Only once it is written down who stands in it."""
    ids = [row["id"] for row in which]
    if export["role"] == "recruiter" and export["purpose"] is not None:
        by = By(export["account_id"], export["by_name"])
        await mark_viewed(tx, export["org_id"], ids, by=by, at=at)
    return await tx.fetch(_LINES, ids)
