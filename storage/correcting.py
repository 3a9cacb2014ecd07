"""Correcting a person's name or phone; a phone that exists makes two people one, and no figure changes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.audit import write_audit
from storage.grams import as_text
from storage.keeper import Moving
from storage.keeping import KEEPERS, SEALED
from storage.locking import Raced, lock_people, steady
from storage.people import People, Person
from storage.pool import Transaction
from stream_jobs.domain.errors import PersonNotFound
from stream_jobs.domain.ids import OrgId, PersonId, ViewerId, uuid7
from stream_jobs.ports import By

# Each pair of applications of the two for the same job of the same show. The one that stands stays, else the earlier.
_PAIRS = """
    SELECT CASE WHEN mine_first THEN mine ELSE other END AS kept, CASE WHEN mine_first THEN other ELSE mine END AS other
    FROM (
        SELECT a.id AS mine, b.id AS other,
            (a.state = 'withdrawn', a.at, a.id) <= (b.state = 'withdrawn', b.at, b.id) AS mine_first
        FROM application a JOIN application b ON b.broadcast_id = a.broadcast_id AND b.job_id = a.job_id
        WHERE a.person_id = $1 AND b.person_id = $2 AND a.org_id = $3 AND b.org_id = $3
    ) pair
"""


@dataclass(frozen=True, slots=True)
class Correcting:
    """One correction of one person, in the caller's transaction."""

    _tx: Transaction
    people: People
    org_id: OrgId
    person_id: PersonId
    at: datetime

    async def correct(self, viewer_id: ViewerId, *, name: str | None, phone: str | None) -> None:
        """Raises PersonNotFound; Raced, and then the transaction is of no use any more."""
        await self._lock(phone)
        key = await self.people.key_of(self._tx, self.org_id, self.person_id)
        if phone is not None:
            await self._set_phone(key, phone)
        if name is not None:
            await self._set_name(viewer_id, key, name)
        await self._make_searchable()
        await self._say("corrected", await self._applications())
        for keeper in KEEPERS:
            if keeper.changed:
                await keeper.changed(self._tx, self.org_id, self.person_id)
        await self._record({"name": name is not None, "phone": phone is not None})

    async def _lock(self, phone: str | None) -> None:
        """Both people, whoever has the phone by the time they are locked."""
        hmac = self.people.vault.phone_hmac(self.org_id, phone) if phone else None

        async def both() -> list[UUID]:
            rows = await self._tx.fetch(
                "SELECT id FROM person WHERE org_id = $1 AND (id = $2 OR phone_hmac = $3) ORDER BY id",
                self.org_id,
                self.person_id,
                hmac,
            )
            return [row["id"] for row in rows]

        if self.person_id not in await steady(self._tx, both, lambda people: lock_people(self._tx, people)):
            raise PersonNotFound

    # ── the phone ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _set_phone(self, key: bytes, phone: str) -> None:
        other = (await self.people.find(self._tx, self.org_id, [phone])).get(phone)
        if other and other.id == self.person_id:
            return
        if other:
            await self._merge(Moving(other.id, other.key, self.person_id, key))
        vault = self.people.vault
        try:
            await self._tx.execute(
                "UPDATE person SET phone_hmac = $3 WHERE id = $1 AND org_id = $2",
                self.person_id,
                self.org_id,
                vault.phone_hmac(self.org_id, phone),
            )
        except asyncpg.UniqueViolationError:
            # Somebody applied with it for the first time just now.
            raise Raced from None
        await self._tx.execute(
            "UPDATE vault.person SET phone = $3 WHERE person_id = $1 AND org_id = $2",
            self.person_id,
            self.org_id,
            vault.seal(key, "vault.person.phone", self.person_id, phone),
        )

    async def _merge(self, moving: Moving) -> None:
        """The other's applications, names and résumés become this person's; of the other nothing is left."""
        # FOR UPDATE: whose they are is part of what other rows refer to.
        await self._tx.execute(
            "SELECT FROM application WHERE person_id = ANY($1::uuid[]) AND org_id = $2 ORDER BY id FOR UPDATE",
            [moving.old, moving.new],
            self.org_id,
        )
        await self._set_duplicates_aside(moving)
        await self._move_applications(moving)
        await self._move_names(moving)
        await self._move_resumes(moving)
        for keeper in KEEPERS:
            if keeper.move:
                await keeper.move(self._tx, self.org_id, moving)
        await self._tx.execute(
            "UPDATE legal_hold SET person_id = $3 WHERE person_id = $1 AND org_id = $2",
            moving.old,
            self.org_id,
            moving.new,
        )
        await self._keep_key(moving)
        await self._tx.execute("DELETE FROM vault.person WHERE person_id = $1", moving.old)
        await self._tx.execute("DELETE FROM keys.person_key WHERE person_id = $1", moving.old)
        await self._tx.execute(
            "UPDATE person SET phone_hmac = NULL, merged_into = $2 WHERE id = $1", moving.old, moving.new
        )

    async def _keep_key(self, moving: Moving) -> None:
        """What the other sent is known again by it; nothing is sealed with it any more."""
        person, former = Person(moving.new, moving.new_key), Person(moving.old, moving.old_key)
        await self._tx.execute(
            "INSERT INTO vault.former_key (former_id, org_id, person_id, key) VALUES ($1, $2, $3, $4)",
            moving.old,
            self.org_id,
            moving.new,
            self.people.seal_former(person, former),
        )

    async def _set_duplicates_aside(self, moving: Moving) -> None:
        """A person has one application for a job of a show: the other goes to nobody, and still counts."""
        pairs = await self._tx.fetch(_PAIRS, moving.new, moving.old, self.org_id)
        if not pairs:
            return
        nobody = PersonId(uuid7(self.at))
        await self._tx.execute(
            "INSERT INTO person (id, org_id, phone_hmac, created_at) VALUES ($1, $2, NULL, $3)",
            nobody,
            self.org_id,
            self.at,
        )
        for pair in pairs:
            await self._set_aside(pair, nobody)
        await self._say("duplicate", [pair["other"] for pair in pairs])

    async def _set_aside(self, pair: asyncpg.Record, nobody: PersonId) -> None:
        await self._tx.execute(
            "UPDATE application SET merged_from = counted_as, person_id = $2 WHERE id = $1", pair["other"], nobody
        )
        await self._tx.execute("DELETE FROM vault.application WHERE application_id = $1", pair["other"])
        # The device that made it now follows the one that stays, with the consent that it gave.
        for table in ("receipt", "consent"):
            await self._tx.execute(
                f"UPDATE {table} SET application_id = $2 WHERE application_id = $1",  # noqa: S608  # constants
                pair["other"],
                pair["kept"],
            )

    async def _move_applications(self, moving: Moving) -> None:
        await self._tx.execute(
            """
            UPDATE application SET merged_from = counted_as, person_id = $3 WHERE person_id = $1 AND org_id = $2
            """,
            moving.old,
            self.org_id,
            moving.new,
        )

    async def _move_names(self, moving: Moving) -> None:
        """And what staff wrote about them."""
        for sealed in SEALED:
            if sealed.table in ("vault.person", "vault.resume"):
                continue
            rows = await self._tx.fetch(
                f"""
                SELECT {sealed.row} AS id, {sealed.column} AS said FROM {sealed.table}
                WHERE person_id = $1 AND org_id = $2
                """,  # noqa: S608  # constants
                moving.old,
                self.org_id,
            )
            await self._tx.executemany(
                f"UPDATE {sealed.table} SET person_id = $2, {sealed.column} = $3 WHERE {sealed.row} = $1",  # noqa: S608  # ours
                [(row["id"], moving.new, self._sealed_anew(moving, sealed.name, row, "said")) for row in rows],
            )

    async def _move_resumes(self, moving: Moving) -> None:
        """Of one device's two résumés the newer stays."""
        await self._tx.execute(
            """
            DELETE FROM vault.resume r USING vault.resume n
            WHERE r.org_id = $3 AND r.viewer_id = n.viewer_id
                AND ((r.person_id = $1 AND n.person_id = $2 AND r.at < n.at)
                  OR (r.person_id = $2 AND n.person_id = $1 AND r.at <= n.at))
            """,
            moving.old,
            moving.new,
            self.org_id,
        )
        rows = await self._tx.fetch(
            "SELECT id, resume FROM vault.resume WHERE person_id = $1 AND org_id = $2", moving.old, self.org_id
        )
        await self._tx.executemany(
            "UPDATE vault.resume SET person_id = $3, resume = $4 WHERE person_id = $1 AND id = $2",
            [
                (moving.old, row["id"], moving.new, self._sealed_anew(moving, "vault.resume.resume", row, "resume"))
                for row in rows
            ],
        )

    def _sealed_anew(self, moving: Moving, column: str, row: asyncpg.Record, field: str) -> bytes | None:
        if row[field] is None:
            return None
        vault = self.people.vault
        clear = vault.open(moving.old_key, column, row["id"], row[field])
        return vault.seal(moving.new_key, column, row["id"], clear)

    # ── the name ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _set_name(self, viewer_id: ViewerId, key: bytes, name: str) -> None:
        """On every application, and on what this very device typed; other devices keep their own words."""
        vault = self.people.vault
        await self._tx.executemany(
            "UPDATE vault.application SET name = $2 WHERE application_id = $1",
            [(id_, vault.seal(key, "vault.application.name", id_, name)) for id_ in await self._applications()],
        )
        rows = await self._tx.fetch(
            """
            SELECT t.receipt_id FROM vault.receipt t JOIN receipt r ON r.id = t.receipt_id
            WHERE t.person_id = $1 AND t.org_id = $2 AND r.viewer_id = $3
            """,
            self.person_id,
            self.org_id,
            viewer_id,
        )
        await self._tx.executemany(
            "UPDATE vault.receipt SET name = $2 WHERE receipt_id = $1",
            [(row[0], vault.seal(key, "vault.receipt.name", row[0], name)) for row in rows],
        )

    async def _make_searchable(self) -> None:
        """By the name and phone as they are now."""
        rows = await self._tx.fetch(
            """
            SELECT p.id, p.employer_id, p.person_id, k.wrapped, v.phone, w.name
            FROM application p JOIN vault.application w ON w.application_id = p.id
            JOIN keys.person_key k ON k.person_id = p.person_id JOIN vault.person v ON v.person_id = p.person_id
            WHERE p.person_id = $1 AND p.org_id = $2
            """,
            self.person_id,
            self.org_id,
        )
        found = [(row["id"], row["employer_id"], self.people.whole_contact(row)) for row in rows]
        await self._tx.executemany(
            "UPDATE vault.application SET grams = $2::text::int4[] WHERE application_id = $1",
            [
                (id_, as_text(self.people.grams.of_application(employer, contact.name, contact.phone or "")))
                for id_, employer, contact in found
            ],
        )

    # ── saying so ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _applications(self) -> list[UUID]:
        rows = await self._tx.fetch(
            "SELECT id FROM application WHERE person_id = $1 AND org_id = $2", self.person_id, self.org_id
        )
        return [row["id"] for row in rows]

    async def _say(self, kind: str, applications: list[UUID]) -> None:
        await self._tx.executemany(
            "INSERT INTO application_event (id, org_id, application_id, kind, at) VALUES ($1, $2, $3, $4, $5)",
            [(uuid7(self.at), self.org_id, id_, kind, self.at) for id_ in applications],
        )

    async def _record(self, detail: dict[str, bool]) -> None:
        await write_audit(
            self._tx,
            self.org_id,
            by=By(None, "applicant"),
            action="correct_own",
            subject=str(self.person_id),
            purpose="own_request",
            detail=detail,
            at=self.at,
        )
