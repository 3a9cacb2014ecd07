"""What employers' contacts are told, and whether it reached the gateway."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from storage.pool import Database, Transaction
from storage.work import enqueue
from stream_jobs.domain.errors import BroadcastNotFound, NoticeRefused, NoticesUnavailable, PhoneInvalid
from stream_jobs.domain.following import CLOSED, OPEN
from stream_jobs.domain.ids import BroadcastId, EmployerId, NoticeId, OrgId, uuid7
from stream_jobs.domain.notices import NoticeKind, notice_text
from stream_jobs.domain.phone import parse_phone
from stream_jobs.domain.vetting import china_date
from stream_jobs.ports import By
from stream_jobs.ports.notices import Notices
from stream_jobs.ports.reminders import ReminderBody, UncollectedList
from stream_jobs.ports.work import TellEmployer

AGAIN_AFTER = timedelta(hours=1)
DUE_AGAIN_AFTER = timedelta(hours=20)
# Who applied yesterday is called today; after a month it is no reminder any more, unless a day was set.
DUE_AFTER, DUE_UNTIL = timedelta(days=1), timedelta(days=30)
CALENDAR = By(None, "每日提醒")

_UNCOLLECTED = """
    SELECT m.id AS employer_id, m.name AS employer, m.contact_name, m.contact_phone, o.name AS organisation, b.title,
        coalesce(b.service_phone, o.service_phone, o.keeper_contact) AS call, count(DISTINCT p.person_id) AS people,
        n.by_name, n.asked_at, n.sent_at, n.failure
    FROM application p JOIN broadcast b ON b.id = p.broadcast_id JOIN employer m ON m.id = p.employer_id
    JOIN organisation o ON o.id = p.org_id JOIN keys.person_key k ON k.person_id = p.person_id
    LEFT JOIN LATERAL (
        SELECT by_name, asked_at, sent_at, failure FROM employer_notice
        WHERE broadcast_id = p.broadcast_id AND employer_id = p.employer_id AND kind = 'list_waiting'
        ORDER BY asked_at DESC LIMIT 1
    ) n ON true
    WHERE p.broadcast_id = $1 AND p.org_id = $2 AND p.state <> 'withdrawn'
        AND NOT EXISTS (SELECT FROM hand_over h WHERE h.broadcast_id = $1 AND h.employer_id = p.employer_id)
        AND NOT EXISTS (
            SELECT FROM account a
            WHERE a.employer_id = p.employer_id AND a.role = 'recruiter' AND a.disabled_at IS NULL)
    GROUP BY m.id, o.id, b.id, n.by_name, n.asked_at, n.sent_at, n.failure
    ORDER BY people DESC, m.name
"""

_DUE = """
    SELECT p.employer_id, m.contact_phone, count(DISTINCT p.person_id) AS people
    FROM application p JOIN broadcast b ON b.id = p.broadcast_id JOIN employer m ON m.id = p.employer_id
    JOIN keys.person_key k ON k.person_id = p.person_id
    WHERE p.org_id = $1 AND NOT b.rehearsal AND p.state <> ALL($7::text[])
        AND (p.next_on <= $6 OR (p.at BETWEEN $3 AND $4 AND p.state = ANY($2::text[])
            AND p.contacted_at IS NULL))
        AND (EXISTS (SELECT FROM hand_over h WHERE h.broadcast_id = p.broadcast_id AND h.employer_id = p.employer_id)
            OR EXISTS (SELECT FROM account a
                WHERE a.employer_id = p.employer_id AND a.role = 'recruiter' AND a.disabled_at IS NULL))
        AND NOT EXISTS (SELECT FROM employer_notice n
            WHERE n.employer_id = p.employer_id AND n.kind = 'people_due' AND n.asked_at > $5)
    GROUP BY p.employer_id, m.contact_phone
"""


class ReminderStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def uncollected(self, org_id: OrgId, broadcast_id: BroadcastId) -> Sequence[UncollectedList]:
        async with self._database.transaction(org_id) as tx:
            if not await tx.fetchval("SELECT true FROM broadcast WHERE id = $1 AND org_id = $2", broadcast_id, org_id):
                raise BroadcastNotFound
            rows = await tx.fetch(_UNCOLLECTED, broadcast_id, org_id)
        return [_list(row) for row in rows]

    async def ask(
        self, org_id: OrgId, broadcast_id: BroadcastId, employers: Collection[EmployerId], *, by: By, at: datetime
    ) -> int:
        asked = 0
        async with self._database.transaction(org_id) as tx:
            # Two who press at once ask one after the other.
            await tx.execute("SELECT FROM broadcast WHERE id = $1 FOR UPDATE", broadcast_id)
            for row in await tx.fetch(_UNCOLLECTED, broadcast_id, org_id):
                recent = row["asked_at"] and row["asked_at"] > at - AGAIN_AFTER and row["failure"] is None
                if row["employer_id"] in employers and not recent and _mobile(row["contact_phone"]):
                    await _ask(
                        tx, org_id, row["employer_id"], broadcast_id, NoticeKind.LIST_WAITING, row["people"], by, at
                    )
                    asked += 1
        return asked

    async def ask_due(self, at: datetime) -> int:
        asked = 0
        for org_id in await self._database.tenants():
            async with self._database.transaction(org_id) as tx:
                given = (OPEN, at - DUE_UNTIL, at - DUE_AFTER, at - DUE_AGAIN_AFTER, china_date(at), CLOSED)
                for row in await tx.fetch(_DUE, org_id, *given):
                    if _mobile(row["contact_phone"]):
                        await _ask(
                            tx, org_id, row["employer_id"], None, NoticeKind.PEOPLE_DUE, row["people"], CALENDAR, at
                        )
                        asked += 1
        return asked

    async def deliver(self, org_id: OrgId, notice_id: NoticeId, notices: Notices, at: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                """
                SELECT n.kind, n.people, m.name AS employer, m.contact_phone, b.title,
                    o.name AS organisation, coalesce(b.service_phone, o.service_phone, o.keeper_contact) AS call
                FROM employer_notice n JOIN employer m ON m.id = n.employer_id JOIN organisation o ON o.id = n.org_id
                LEFT JOIN broadcast b ON b.id = n.broadcast_id
                WHERE n.id = $1 AND n.org_id = $2 AND n.sent_at IS NULL
                """,
                notice_id,
                org_id,
            )
            phone = _mobile(row["contact_phone"]) if row else None
            if row is None or phone is None:
                return
        try:
            params = _params(row)
            await notices.send(NoticeKind(row["kind"]), phone, params, message_id=notice_id)
        except NoticeRefused as error:
            await self._settle(org_id, notice_id, None, error.code)
        except NoticesUnavailable as error:
            await self._settle(org_id, notice_id, None, error.code)
            raise
        else:
            await self._settle(org_id, notice_id, at, None)

    async def _settle(self, org_id: OrgId, notice_id: NoticeId, sent_at: datetime | None, failure: str | None) -> None:
        async with self._database.transaction(org_id) as tx:
            await tx.execute(
                "UPDATE employer_notice SET sent_at = $2, failure = $3 WHERE id = $1", notice_id, sent_at, failure
            )


async def _ask(
    tx: Transaction,
    org_id: OrgId,
    employer_id: UUID,
    broadcast_id: BroadcastId | None,
    kind: NoticeKind,
    people: int,
    by: By,
    at: datetime,
) -> None:
    id_ = NoticeId(uuid7(at))
    await tx.execute(
        """
        INSERT INTO employer_notice (id, org_id, employer_id, broadcast_id, kind, people, account_id, by_name, asked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        id_,
        org_id,
        employer_id,
        broadcast_id,
        kind.value,
        people,
        by.account_id,
        by.name,
        at,
    )
    await enqueue(tx, org_id, TellEmployer(notice_id=id_), at=at)


def _list(row: asyncpg.Record) -> UncollectedList:
    last = None
    if row["asked_at"] is not None:
        last = ReminderBody(by=row["by_name"], asked_at=row["asked_at"], sent_at=row["sent_at"], failure=row["failure"])
    return UncollectedList(
        employer_id=row["employer_id"],
        employer=row["employer"],
        people=row["people"],
        contact=row["contact_name"],
        contact_phone=row["contact_phone"],
        mobile=_mobile(row["contact_phone"]) is not None,
        text=notice_text(NoticeKind.LIST_WAITING, _params(row)),
        last=last,
    )


def _params(row: asyncpg.Record) -> Mapping[str, str]:
    return {
        "organisation": row["organisation"],
        "employer": row["employer"],
        "broadcast": row["title"] or "",
        "people": str(row["people"]),
        "call": row["call"] or row["organisation"],
    }


def _mobile(phone: str | None) -> str | None:
    """The number a message can go to; a contact may have a landline, or none."""
    if not phone:
        return None
    try:
        return parse_phone(phone)
    except PhoneInvalid:
        return None
