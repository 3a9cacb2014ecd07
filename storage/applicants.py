"""The staff's side of applications: masked lists, and clear text only after an audit row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from storage.audit import write_audit
from storage.moves import mark_viewed
from storage.people import Contact, People
from storage.pool import Database, Transaction
from stream_jobs.domain.errors import ApplicationNotFound, EmployerNotFound, NotAllowed
from stream_jobs.domain.following import OPEN
from stream_jobs.domain.ids import ApplicationId, BroadcastId, CollectionId, EmployerId, OrgId, uuid7
from stream_jobs.domain.model import CardKind, card_label
from stream_jobs.domain.phone import mask_name, mask_phone
from stream_jobs.ports import ApplicantFilter, ApplicantPage, ApplicationBody, By, HandOver, HandOverLine

APPLICANT_COLUMNS = """
    p.id, p.number, p.broadcast_id, p.job_id, p.state, p.at, p.person_id, c.kind, c.number AS card, j.title,
    m.id AS employer_id, m.name AS employer, n.name AS channel, f.name AS first_channel, a.name AS recorded_by,
    k.wrapped, v.phone, w.name, EXISTS (
        SELECT FROM verified_phone y
        WHERE y.person_id = p.person_id AND (y.viewer_id = p.viewer_id OR p.recorded_by IS NOT NULL)
    ) AS phone_verified
"""
APPLICANT_TABLES = """
    FROM application p JOIN card c ON c.id = p.card_id JOIN job j ON j.id = p.job_id
    JOIN employer m ON m.id = p.employer_id
    LEFT JOIN channel n ON n.id = p.last_channel_id LEFT JOIN channel f ON f.id = p.first_channel_id
    LEFT JOIN account a ON a.id = p.recorded_by
    LEFT JOIN keys.person_key k ON k.person_id = p.person_id
    LEFT JOIN vault.person v ON v.person_id = p.person_id
    LEFT JOIN vault.application w ON w.application_id = p.id
"""
_LISTED = f"""
    SELECT {APPLICANT_COLUMNS}, count(*) OVER (PARTITION BY p.person_id) AS same_person {APPLICANT_TABLES}
    WHERE p.broadcast_id = $1 AND p.org_id = $2 AND ($3::uuid IS NULL OR p.employer_id = $3)
    ORDER BY p.at DESC, p.id DESC
"""

# One page; only its own applications are opened. Waiting: nobody has contacted the person about any of them.
_FILTER = """
    WHERE p.broadcast_id = $1 AND p.org_id = $2 AND ($3::uuid IS NULL OR p.employer_id = $3)
        AND ($4::uuid IS NULL OR p.job_id = $4) AND ($5::text[] IS NULL OR p.state = ANY($5))
        AND (NOT $6::boolean OR (p.state = ANY($7::text[]) AND NOT EXISTS (
            SELECT FROM application q
            WHERE q.broadcast_id = $1 AND q.person_id = p.person_id AND ($3::uuid IS NULL OR q.employer_id = $3)
                AND q.contacted_at IS NOT NULL)))
"""
_TOTAL = f"SELECT count(*) FROM application p {_FILTER}"  # noqa: S608  # constants of this module
_PAGE = f"""
    SELECT {APPLICANT_COLUMNS}, (
        SELECT count(*) FROM application q
        WHERE q.broadcast_id = $1 AND q.person_id = p.person_id AND ($3::uuid IS NULL OR q.employer_id = $3)
    ) AS same_person
    {APPLICANT_TABLES} {_FILTER} ORDER BY p.at DESC, p.id DESC LIMIT $8 OFFSET $9
"""  # noqa: S608  # constants of this module

_WITH_RECRUITER = """
    SELECT DISTINCT employer_id FROM account
    WHERE role = 'recruiter' AND disabled_at IS NULL AND employer_id = ANY($1::uuid[])
"""


class ApplicantStore:
    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    async def listed(
        self, org_id: OrgId, broadcast_id: BroadcastId, employer_id: EmployerId | None
    ) -> Sequence[ApplicationBody]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(_LISTED, broadcast_id, org_id, employer_id)
        return [self._body(row) for row in rows]

    async def page(self, org_id: OrgId, broadcast_id: BroadcastId, wanted: ApplicantFilter) -> ApplicantPage:
        given = (
            broadcast_id,
            org_id,
            wanted.employer_id,
            wanted.job_id,
            list(wanted.states) or None,
            wanted.waiting,
            list(OPEN),
        )
        async with self._database.transaction(org_id, one_moment=True) as tx:
            total = await tx.fetchval(_TOTAL, *given)
            rows = await tx.fetch(_PAGE, *given, wanted.limit, wanted.offset)
            guarded = await tx.fetch(_WITH_RECRUITER, list({row["employer_id"] for row in rows}))
        return ApplicantPage(
            total=total,
            applications=tuple(self._body(row) for row in rows),
            with_recruiter=tuple(sorted(row["employer_id"] for row in guarded)),
        )

    async def reveal(
        self,
        org_id: OrgId,
        application_id: ApplicationId,
        *,
        purpose: str,
        by: By,
        at: datetime,
        employer_id: EmployerId | None,
    ) -> tuple[str | None, str]:
        """Raises ApplicationNotFound, also when the person has been erased or the employer is another.

        Without an employer_id, NotAllowed where the employer has a recruiter of its own.
        """
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                """
                SELECT p.id, p.employer_id, p.person_id, k.wrapped, v.phone, w.name
                FROM application p JOIN keys.person_key k ON k.person_id = p.person_id
                JOIN vault.person v ON v.person_id = p.person_id
                LEFT JOIN vault.application w ON w.application_id = p.id
                WHERE p.id = $1 AND p.org_id = $2 AND ($3::uuid IS NULL OR p.employer_id = $3)
                """,
                application_id,
                org_id,
                employer_id,
            )
            if row is None:
                raise ApplicationNotFound
            if employer_id is None and await tx.fetchval(_WITH_RECRUITER, [row["employer_id"]]):
                raise NotAllowed(expected="the employer's own recruiter")
            if employer_id:
                await mark_viewed(tx, org_id, [application_id], by=by, at=at)
            await write_audit(
                tx, org_id, by=by, action="reveal", subject=str(application_id), purpose=purpose, detail={}, at=at
            )
        # Read only after the commit: nobody sees a number whose audit row is not durable.
        contact = self._people.whole_contact(row)
        return contact.name, contact.phone or ""

    async def hand_over(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        employer_id: EmployerId,
        *,
        purpose: str,
        receiver: str,
        by: By,
        at: datetime,
    ) -> tuple[HandOver, Sequence[HandOverLine]]:
        async with self._database.transaction(org_id) as tx:
            employer = await tx.fetchval("SELECT name FROM employer WHERE id = $1 AND org_id = $2", employer_id, org_id)
            if employer is None:
                raise EmployerNotFound
            rows = await list_of(tx, org_id, broadcast_id, employer_id)
            act = HandOver(
                id=uuid7(at),
                employer_id=employer_id,
                employer=employer,
                purpose=purpose,
                receiver=receiver,
                count=len(rows),
                by=by.name,
                at=at,
            )
            await mark_viewed(tx, org_id, [row["id"] for row in rows], by=by, at=at)
            await record_hand_over(tx, org_id, broadcast_id, act, by)
        return act, [hand_over_line(self._people, row) for row in rows]

    async def handed_over(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[HandOver]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                """
                SELECT h.id, h.employer_id, m.name AS employer, h.purpose, h.receiver, h.count, h.by_name AS by, h.at,
                    h.collection_id IS NOT NULL AS by_link
                FROM hand_over h JOIN employer m ON m.id = h.employer_id
                WHERE h.broadcast_id = $1 AND h.org_id = $2 ORDER BY h.at DESC
                """,
                broadcast_id,
                org_id,
            )
        return [HandOver.model_validate(dict(row)) for row in rows]

    def _body(self, row: asyncpg.Record) -> ApplicationBody:
        return ApplicationBody(**masked(row, self._people.contact(row)))


async def list_of(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, employer_id: EmployerId
) -> Sequence[asyncpg.Record]:
    """An employer's applications as they are handed over, in the order they came: nobody who withdrew."""
    rows = await tx.fetch(_LISTED, broadcast_id, org_id, employer_id)
    return [row for row in reversed(rows) if row["state"] != "withdrawn"]


def hand_over_line(people: People, row: asyncpg.Record) -> HandOverLine:
    """In clear: only once it is recorded who reads it."""
    contact = people.contact(row)
    label = card_label(CardKind(row["kind"]), row["card"])
    return HandOverLine(
        number=f"{row['number']:04}",
        name=contact.name,
        phone=contact.phone or "",
        job=f"{label} {row['title']}",
        at=row["at"],
    )


def masked(row: asyncpg.Record, contact: Contact) -> dict[str, Any]:
    """A row of APPLICANT_COLUMNS as staff see it, by the names of ApplicationBody."""
    return {
        "id": row["id"],
        "number": f"{row['number']:04}",
        "broadcast_id": row["broadcast_id"],
        "job_id": row["job_id"],
        "card_label": card_label(CardKind(row["kind"]), row["card"]),
        "job_title": row["title"],
        "employer_id": row["employer_id"],
        "employer": row["employer"],
        "state": row["state"],
        "at": row["at"],
        "channel": row["channel"],
        "first_channel": row["first_channel"],
        "name_masked": mask_name(contact.name),
        "phone_masked": mask_phone(contact.phone) if contact.phone else "***",
        "recorded_by": row["recorded_by"],
        "same_person": row["same_person"],
        "phone_verified": row["phone_verified"],
    }


async def record_hand_over(
    tx: Transaction,
    org_id: OrgId,
    broadcast_id: BroadcastId,
    act: HandOver,
    by: By,
    *,
    opened_by: By | None = None,
    collection_id: CollectionId | None = None,
) -> None:
    """by: who hands over; opened_by: who took it, where it was by a link."""
    detail: dict[str, object] = {"broadcast": str(broadcast_id), "receiver": act.receiver, "count": act.count}
    if collection_id:
        detail["collection"] = str(collection_id)
    await tx.execute(
        """
        INSERT INTO hand_over (id, org_id, broadcast_id, employer_id, purpose, receiver, count, account_id, by_name, at,
            collection_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        act.id,
        org_id,
        broadcast_id,
        act.employer_id,
        act.purpose,
        act.receiver,
        act.count,
        by.account_id,
        by.name,
        act.at,
        collection_id,
    )
    await write_audit(
        tx,
        org_id,
        by=opened_by or by,
        action="collection_opened" if collection_id else "hand_over",
        subject=str(act.employer_id),
        purpose=act.purpose,
        detail=detail,
        at=act.at,
    )
