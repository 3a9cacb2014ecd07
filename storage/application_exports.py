"""Exports of applications: which, in batches, and who stands in them, because erasing one destroys the export."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.export_states import Asked, destroy, lock, progress
from storage.keeper import Moving
from storage.locking import hold_people, lock_people, steady
from storage.moves import mark_viewed
from storage.people import Contact, People
from storage.pool import Database, Transaction
from stream_jobs.domain.errors import BadInput, BroadcastNotFound, EmployerNotFound
from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.domain.model import CardKind, card_label
from stream_jobs.domain.phone import mask_name, mask_phone
from stream_jobs.ports import By
from stream_jobs.ports.exports import ExportLine, ExportScope, ExportWanted

# Long enough that reading is not the waiting, short enough that erasing somebody waits for no one.
BATCH = 500

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


async def applications_asked(tx: Transaction, org_id: OrgId, wanted: ExportWanted) -> Asked:
    """Raises BroadcastNotFound, EmployerNotFound, BadInput."""
    broadcast_id, series_id = await _show_or_series(tx, org_id, wanted)
    return Asked(
        "applications",
        wanted.format.value,
        wanted.language,
        wanted.purpose,
        broadcast_id=broadcast_id,
        series_id=series_id,
        employer_id=wanted.employer_id,
    )


async def _show_or_series(tx: Transaction, org_id: OrgId, wanted: ExportWanted) -> tuple[UUID | None, UUID | None]:
    """Neither for everything."""
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


async def count_applications(tx: Transaction, export: asyncpg.Record) -> int:
    total: int = await tx.fetchval(f"SELECT count(*) {_WHICH}", *_which(export))
    return total


async def application_lines(
    database: Database, people: People, export: asyncpg.Record, at: datetime
) -> AsyncIterator[Sequence[ExportLine]]:
    """In the order they came; each batch in a transaction of its own, so that nobody waits for a long list.

    Raises Destroyed.
    """
    last: tuple[datetime, UUID] | None = None
    done = 0
    while True:
        async with database.transaction(export["org_id"]) as tx:
            which = await _next(tx, export, last)
            if not which:
                return
            await _write_down(tx, export, which)
            rows = await _read(tx, export, which, at)
            done += len(which)
            await progress(tx, export, done)
        yield [_line(people.contact(row), row, export) for row in rows]
        last = which[-1]["at"], which[-1]["id"]


async def _next(
    tx: Transaction, export: asyncpg.Record, last: tuple[datetime, UUID] | None
) -> Sequence[asyncpg.Record]:
    return await tx.fetch(
        f"SELECT p.id, p.at {_WHICH} AND ($6::uuid IS NULL OR (p.at, p.id) > ($7, $6)) ORDER BY p.at, p.id LIMIT $8",
        *_which(export),
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


def _line(contact: Contact, row: asyncpg.Record, export: asyncpg.Record) -> ExportLine:
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


def _which(export: asyncpg.Record) -> Sequence[object]:
    return [export[name] for name in ("org_id", "asked_at", "broadcast_id", "series_id", "employer_id")]


async def forget(tx: Transaction, org_id: OrgId, person_id: PersonId) -> None:
    """Destroys every export this person stands in, in the transaction that erases the person.

    An export being written reads a person only after it has written down that it will: the person is held by that, and
    locked by whoever erases.
    """
    await lock_people(tx, [person_id])
    rows = await tx.fetch("SELECT export_id FROM export_person WHERE person_id = $1 AND org_id = $2", person_id, org_id)
    await destroy(tx, org_id, [row["export_id"] for row in rows], "destroyed")


async def move(tx: Transaction, org_id: OrgId, moving: Moving) -> None:
    """Whoever is erased later stands in the exports of both."""
    rows = await tx.fetch(
        "SELECT export_id FROM export_person WHERE person_id = $1 AND org_id = $2", moving.old, org_id
    )
    await lock(tx, [row["export_id"] for row in rows])
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
