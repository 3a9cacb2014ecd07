"""An applicant's side: what this device did, and may take back or add to."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from storage.locking import hold_people, steady
from storage.own_applications import told_here, withdraw_own
from storage.people import People
from storage.pool import Database, Transaction
from stream_jobs.domain.errors import ApplicationNotFound, DataDamaged, PersonNotFound
from stream_jobs.domain.ids import BroadcastId, OrgId, PersonId, ReceiptId, ViewerId, uuid7
from stream_jobs.domain.phone import mask_name, mask_phone
from stream_jobs.domain.phone_code import VERIFIED_FOR
from stream_jobs.ports import MineRow, Resume


class ReceiptStore:
    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    async def mine(
        self, org_id: OrgId, broadcast_id: BroadcastId, viewer_id: ViewerId, at: datetime
    ) -> Sequence[MineRow]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(_MINE, broadcast_id, org_id, viewer_id, at - VERIFIED_FOR)
        return [self._mine(row) for row in rows]

    def _mine(self, row: asyncpg.Record) -> MineRow:
        contact = self._people.contact(row)
        masked = mask_phone(contact.phone) if contact.phone else "***"
        name = contact.name if row["receipt_id"] == row["id"] else self._typed_here(row)
        return MineRow(
            receipt_id=row["receipt_id"],
            job_id=row["job_id"],
            number=row["number"],
            state=told_here(row),
            at=row["at"],
            contact_masked=f"{mask_name(name)} {masked}" if name else masked,
        )

    def _typed_here(self, row: asyncpg.Record) -> str | None:
        """What this device called itself: the application's own name is another device's."""
        if row["wrapped"] is None or row["typed"] is None:
            return None
        try:
            key = self._people.vault.unwrap(row["person_id"], row["wrapped"])
            return self._people.vault.open(key, "vault.receipt.name", row["receipt_id"], row["typed"])
        except DataDamaged:
            return None

    async def withdraw(
        self, org_id: OrgId, broadcast_id: BroadcastId, viewer_id: ViewerId, receipt_id: ReceiptId, at: datetime
    ) -> datetime:
        async with self._database.transaction(org_id) as tx:
            _, withdrawn_at = await withdraw_own(tx, org_id, viewer_id, receipt_id, at, broadcast_id=broadcast_id)
        return withdrawn_at

    async def save_resume(
        self,
        org_id: OrgId,
        broadcast_id: BroadcastId,
        viewer_id: ViewerId,
        receipt_id: ReceiptId,
        resume: Resume,
        at: datetime,
    ) -> None:
        """Kept for this device's next application of the same person; no other device reads it or writes over it."""
        async with self._database.transaction(org_id) as tx:
            person = await steady(
                tx,
                lambda: _person(tx, org_id, broadcast_id, viewer_id, receipt_id),
                lambda person: hold_people(tx, [person]),
            )
            id_, key = uuid7(at), await self._key(tx, org_id, person)
            await tx.execute(
                """
                INSERT INTO vault.resume (person_id, viewer_id, id, org_id, resume, at, grams)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (person_id, viewer_id) DO UPDATE
                SET id = excluded.id, resume = excluded.resume, at = excluded.at, grams = excluded.grams
                """,
                person,
                viewer_id,
                id_,
                org_id,
                self._people.vault.seal(key, "vault.resume.resume", id_, resume.model_dump_json()),
                at,
                self._people.grams.of_resume(org_id, resume),
            )

    async def resume_of(
        self, org_id: OrgId, broadcast_id: BroadcastId, viewer_id: ViewerId, receipt_id: ReceiptId
    ) -> Resume:
        async with self._database.transaction(org_id) as tx:
            person = await _person(tx, org_id, broadcast_id, viewer_id, receipt_id)
            row = await tx.fetchrow(
                "SELECT id, resume FROM vault.resume WHERE person_id = $1 AND viewer_id = $2", person, viewer_id
            )
            if row is None:
                return Resume()
            key = await self._key(tx, org_id, person)
        clear = self._people.vault.open(key, "vault.resume.resume", row["id"], row["resume"])
        return Resume.model_validate_json(clear)

    async def _key(self, tx: Transaction, org_id: OrgId, person_id: PersonId) -> bytes:
        try:
            return await self._people.key_of(tx, org_id, person_id)
        except PersonNotFound:
            raise ApplicationNotFound from None


# The oldest receipt a device has for each application, newest first.
_MINE = """
    SELECT * FROM (
        SELECT DISTINCT ON (r.application_id) r.id AS receipt_id, p.job_id, r.number, p.state, r.at, r.own,
            r.withdrawn_at, p.id, p.person_id, k.wrapped, v.phone, w.name, t.name AS typed,
            EXISTS (SELECT FROM application_event e WHERE e.application_id = p.id AND e.kind = 'viewed') AS viewed,
            EXISTS (SELECT FROM verified_phone y
                    WHERE y.viewer_id = $3 AND y.person_id = p.person_id AND y.org_id = $2 AND y.at > $4) AS verified
        FROM receipt r JOIN application p ON p.id = r.application_id
        LEFT JOIN keys.person_key k ON k.person_id = p.person_id
        LEFT JOIN vault.person v ON v.person_id = p.person_id
        LEFT JOIN vault.application w ON w.application_id = p.id
        LEFT JOIN vault.receipt t ON t.receipt_id = r.id
        WHERE r.broadcast_id = $1 AND r.org_id = $2 AND r.viewer_id = $3 AND r.forgotten_at IS NULL
        ORDER BY r.application_id, r.at, r.id
    ) mine ORDER BY at DESC
"""


async def _person(
    tx: Transaction, org_id: OrgId, broadcast_id: BroadcastId, viewer_id: ViewerId, receipt_id: ReceiptId
) -> PersonId:
    """Who this device applied for with that receipt. Raises ApplicationNotFound."""
    person_id: PersonId | None = await tx.fetchval(
        """
        SELECT p.person_id FROM receipt r JOIN application p ON p.id = r.application_id
        WHERE r.id = $1 AND r.org_id = $2 AND r.broadcast_id = $3 AND r.viewer_id = $4
        """,
        receipt_id,
        org_id,
        broadcast_id,
        viewer_id,
    )
    if person_id is None:
        raise ApplicationNotFound
    return person_id
