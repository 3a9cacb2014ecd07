"""An applicant's own page, read over all shows of the organisation."""

import hmac
from collections.abc import Sequence
from datetime import datetime

import asyncpg

from storage.locking import hold_people, lock_applications, steady
from storage.own_applications import OWN, told_here, withdraw_application, withdraw_own
from storage.people import Contact, People
from storage.pool import Database, Transaction
from stream_jobs.domain.errors import PersonNotFound
from stream_jobs.domain.ids import ApplicationId, BroadcastId, OrgId, PersonId, ViewerId
from stream_jobs.domain.model import CardKind, card_label
from stream_jobs.domain.phone import mask_name, mask_phone
from stream_jobs.domain.phone_code import VERIFIED_FOR
from stream_jobs.keys import Keys
from stream_jobs.ports.my_page import MyPage, OwnApplication, OwnPerson

LISTED = 500

_APPLICATIONS = f"""
    {OWN}
    SELECT p.id, p.person_id, p.broadcast_id, p.state, p.number, p.at, p.recorded_by, b.title AS broadcast, c.kind,
        c.number AS card, j.title AS job, m.name AS employer, t.id AS receipt_id, t.number AS told_number,
        t.at AS told_at, t.own, t.withdrawn_at, k.wrapped, v.phone, w.name, r.name AS typed,
        EXISTS (SELECT FROM proven y WHERE y.person_id = p.person_id) AS verified,
        EXISTS (SELECT FROM application_event e WHERE e.application_id = p.id AND e.kind = 'viewed') AS viewed
    FROM own JOIN application p ON p.id = own.id LEFT JOIN told t ON t.application_id = p.id
    JOIN broadcast b ON b.id = p.broadcast_id JOIN card c ON c.id = p.card_id
    JOIN job j ON j.id = p.job_id JOIN employer m ON m.id = p.employer_id
    JOIN keys.person_key k ON k.person_id = p.person_id
    LEFT JOIN vault.person v ON v.person_id = p.person_id
    LEFT JOIN vault.application w ON w.application_id = p.id
    LEFT JOIN vault.receipt r ON r.receipt_id = t.id
    WHERE p.org_id = $1 ORDER BY coalesce(t.at, p.at) DESC, p.id DESC LIMIT $4
"""  # noqa: S608  # constants of this module
_PROVEN = """
    SELECT y.person_id, y.person_id AS id, k.wrapped, v.phone, NULL::bytea AS name
    FROM verified_phone y JOIN keys.person_key k ON k.person_id = y.person_id
    JOIN vault.person v ON v.person_id = y.person_id
    WHERE y.viewer_id = $2 AND y.org_id = $1 AND y.at > $3 ORDER BY y.at DESC
"""


class MyPageStore:
    def __init__(self, database: Database, people: People, keys: Keys) -> None:
        self._database = database
        self._people = people
        self._key = hmac.digest(keys.pepper, b"my page", "sha256")

    async def page(self, org_id: OrgId, viewer_id: ViewerId, at: datetime) -> MyPage:
        since = at - VERIFIED_FOR
        async with self._database.transaction(org_id, one_moment=True) as tx:
            organiser = await tx.fetchrow(
                "SELECT name, coalesce(keeper_contact, service_phone) AS contact FROM organisation WHERE id = $1",
                org_id,
            )
            rows = await tx.fetch(_APPLICATIONS, org_id, viewer_id, since, LISTED)
            proven = await tx.fetch(_PROVEN, org_id, viewer_id, since)
        people: dict[str, OwnPerson] = {}
        for row in rows:
            # The newest application says what they are called.
            person = self._person(viewer_id, row, self._contact(row), verified=row["verified"])
            if person.ref not in people or (people[person.ref].name is None and person.name):
                people[person.ref] = person
        for row in proven:
            person = self._person(viewer_id, row, self._people.contact(row), verified=True)
            people.setdefault(person.ref, person)
        return MyPage(
            organiser=organiser["name"] if organiser else "",
            keeper_contact=organiser["contact"] if organiser else None,
            people=tuple(people.values()),
            applications=tuple(self._application(viewer_id, row) for row in rows),
        )

    async def last_show(self, org_id: OrgId, viewer_id: ViewerId) -> tuple[BroadcastId, datetime] | None:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                """
                SELECT broadcast_id, at FROM receipt WHERE viewer_id = $2 AND org_id = $1 AND forgotten_at IS NULL
                ORDER BY at DESC LIMIT 1
                """,
                org_id,
                viewer_id,
            )
        return (BroadcastId(row["broadcast_id"]), row["at"]) if row else None

    async def withdraw(
        self, org_id: OrgId, viewer_id: ViewerId, application_id: ApplicationId, at: datetime
    ) -> tuple[BroadcastId, datetime]:
        async with self._database.transaction(org_id) as tx:
            return await withdraw_own(tx, org_id, viewer_id, application_id, at)

    async def person(self, org_id: OrgId, viewer_id: ViewerId, ref: str, at: datetime) -> tuple[PersonId, bool]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                """
                SELECT person_id, bool_or(proven) AS verified FROM (
                    SELECT a.person_id, false AS proven FROM receipt r JOIN application a ON a.id = r.application_id
                    WHERE r.viewer_id = $2 AND r.org_id = $1 AND r.forgotten_at IS NULL
                    UNION ALL
                    SELECT person_id, true FROM verified_phone WHERE viewer_id = $2 AND org_id = $1 AND at > $3
                ) known JOIN keys.person_key USING (person_id) GROUP BY person_id
                """,
                org_id,
                viewer_id,
                at - VERIFIED_FOR,
            )
        found = {self._ref(viewer_id, row["person_id"]): (PersonId(row["person_id"]), row["verified"]) for row in rows}
        if ref not in found:
            raise PersonNotFound
        return found[ref]

    async def has_verified(self, org_id: OrgId, viewer_id: ViewerId, phone: str, at: datetime) -> bool:
        async with self._database.transaction(org_id) as tx:
            return bool(
                await tx.fetchval(
                    """
                    SELECT EXISTS (
                        SELECT FROM verified_phone v JOIN person p ON p.id = v.person_id
                        WHERE p.org_id = $1 AND p.phone_hmac = $3 AND v.viewer_id = $2 AND v.at > $4)
                    """,
                    org_id,
                    viewer_id,
                    self._people.vault.phone_hmac(org_id, phone),
                    at - VERIFIED_FOR,
                )
            )

    async def forget_here(
        self, org_id: OrgId, viewer_id: ViewerId, person_id: PersonId, at: datetime
    ) -> tuple[BroadcastId, ...]:
        async with self._database.transaction(org_id) as tx:
            await hold_people(tx, [person_id])
            if not await tx.fetchval("SELECT true FROM keys.person_key WHERE person_id = $1", person_id):
                raise PersonNotFound
            rows = await steady(
                tx,
                lambda: _made_here(tx, org_id, viewer_id, person_id),
                lambda rows: _lock(tx, rows),
            )
            for row in rows:
                if row["own"] and row["state"] != "withdrawn":
                    await withdraw_application(tx, org_id, row["id"], at)
            own = [row["id"] for row in rows if row["viewer_id"] == viewer_id]
            # Without its hashes, too: nobody finds the name any more.
            await tx.execute(
                "UPDATE vault.application SET name = NULL, grams = '{}' WHERE application_id = ANY($1::uuid[])", own
            )
            await tx.execute(
                """
                WITH mine AS (
                    UPDATE receipt SET forgotten_at = $4, withdrawn_at = coalesce(withdrawn_at, $4)
                    WHERE viewer_id = $2 AND org_id = $1 AND application_id = ANY($3::uuid[]) RETURNING id
                )
                DELETE FROM vault.receipt WHERE receipt_id IN (SELECT id FROM mine)
                """,
                org_id,
                viewer_id,
                [row["id"] for row in rows],
                at,
            )
            await tx.execute("DELETE FROM vault.resume WHERE person_id = $1 AND viewer_id = $2", person_id, viewer_id)
            # Their bytes go with the next sweep.
            await tx.execute(
                """
                DELETE FROM vault.resume_file v USING resume_file f
                WHERE f.id = v.file_id AND f.person_id = $1 AND f.viewer_id = $2
                """,
                person_id,
                viewer_id,
            )
        return tuple({BroadcastId(row["broadcast_id"]) for row in rows})

    # ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────

    def _application(self, viewer_id: ViewerId, row: asyncpg.Record) -> OwnApplication:
        return OwnApplication(
            application_id=row["receipt_id"] or row["id"],
            person=self._ref(viewer_id, row["person_id"]),
            broadcast_id=row["broadcast_id"],
            broadcast=row["broadcast"],
            card_label=card_label(CardKind(row["kind"]), row["card"]),
            job_title=row["job"],
            employer=row["employer"],
            number=f"{row['told_number'] or row['number']:04}",
            state=told_here(row),
            at=row["told_at"] or row["at"],
            recorded_by_staff=row["recorded_by"] is not None and row["verified"],
        )

    def _contact(self, row: asyncpg.Record) -> Contact:
        """Another device's words for the same person are shown to whoever has proven the number."""
        contact = self._people.contact(row)
        if row["verified"] or row["receipt_id"] == row["id"]:
            return contact
        return Contact(self._typed(row), contact.phone)

    def _typed(self, row: asyncpg.Record) -> str | None:
        if row["typed"] is None:
            return None
        key = self._people.vault.unwrap(row["person_id"], row["wrapped"])
        return self._people.vault.open(key, "vault.receipt.name", row["receipt_id"], row["typed"])

    def _person(self, viewer_id: ViewerId, row: asyncpg.Record, contact: Contact, *, verified: bool) -> OwnPerson:
        phone = contact.phone or ""
        return OwnPerson(
            ref=self._ref(viewer_id, row["person_id"]),
            name=contact.name if verified else mask_name(contact.name) or None,
            phone=phone if verified else mask_phone(phone) if phone else "***",
            verified=verified,
        )

    def _ref(self, viewer_id: ViewerId, person_id: PersonId) -> str:
        """A person's own id would tell when they were first known, and by whom else."""
        return hmac.digest(self._key, viewer_id.bytes + person_id.bytes, "sha256")[:16].hex()


async def _lock(tx: Transaction, rows: Sequence[asyncpg.Record]) -> None:
    await lock_applications(tx, [row["id"] for row in rows])


async def _made_here(
    tx: Transaction, org_id: OrgId, viewer_id: ViewerId, person_id: PersonId
) -> Sequence[asyncpg.Record]:
    return await tx.fetch(
        """
        SELECT p.id, p.broadcast_id, p.state, p.viewer_id,
            EXISTS (SELECT FROM receipt o
                    WHERE o.application_id = p.id AND o.viewer_id = $2 AND o.own AND o.withdrawn_at IS NULL) AS own
        FROM application p
        WHERE p.person_id = $3 AND p.org_id = $1
            AND EXISTS (SELECT FROM receipt r WHERE r.application_id = p.id AND r.viewer_id = $2)
        ORDER BY p.id
        """,
        org_id,
        viewer_id,
        person_id,
    )
