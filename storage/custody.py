"""Keys and what they seal, as whoever runs the server looks after them: rotation, legal holds, retention, damage."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import asyncpg

from storage.audit import write_audit
from storage.erasing import delete_sealed
from storage.keeping import SEALED, Sealed
from storage.locking import lock_people, steady
from storage.people import Contact, People
from storage.pool import Database, Transaction
from storage.vault import UNVERSIONED_BYTES, wrapped_by
from stream_jobs.domain.errors import ApplicationNotFound, DataDamaged
from stream_jobs.domain.ids import ApplicationId, OrgId, PersonId, uuid7
from stream_jobs.ports import By, Erasure

KEYS_AT_ONCE = 500
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A table of keys that the master key wraps, by its row's id and what they are bound to."""

    name: str
    row: str
    bound_to: str


WRAPPED = (
    Wrapped("keys.person_key", "person_id", "keys.person_key"),
    Wrapped("keys.held", "person_id", "keys.person_key"),
    Wrapped("keys.export_key", "export_id", "keys.export_key"),
    Wrapped("keys.people_import_key", "import_id", "keys.people_import_key"),
)


@dataclass(frozen=True, slots=True)
class Damage:
    """A sealed value that its person's key does not open."""

    person_id: PersonId
    table: str
    row: UUID


class CustodyStore:
    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    # ── rotation ──────────────────────────────────────────────────────────────────────────────────────────────

    async def wrapped_by(self) -> Mapping[int, int]:
        """How many keys each version of the master key wraps."""
        found: Counter[int] = Counter()
        async with self._database.maintenance() as tx:
            for table in WRAPPED:
                rows = await tx.fetch(
                    f"""
                    SELECT CASE WHEN length(wrapped) = {UNVERSIONED_BYTES} THEN 1
                        ELSE get_byte(wrapped, 0) * 256 + get_byte(wrapped, 1) END AS version, count(*) AS keys
                    FROM {table.name} GROUP BY 1
                    """  # noqa: S608  # constants
                )
                found.update({row["version"]: row["keys"] for row in rows})
        return found

    async def rewrap(self, version: int) -> int:
        """Wraps every key with this version, which wraps already (wrapping.py); returns how many were not yet.

        Some at a time. Stopped anywhere it is as if it had just begun: what is done is not done again.
        """
        done = 0
        for table in WRAPPED:
            after: UUID | None = NOBODY
            while after is not None:
                async with self._database.maintenance() as tx:
                    after, changed = await self._rewrap_some(tx, table, after, version)
                    done += changed
        return done

    async def _rewrap_some(self, tx: Transaction, table: Wrapped, after: UUID, version: int) -> tuple[UUID | None, int]:
        vault = self._people.vault
        rows = await tx.fetch(
            f"""
            SELECT {table.row} AS id, wrapped FROM {table.name}
            WHERE {table.row} > $1 ORDER BY {table.row} LIMIT $2 FOR UPDATE
            """,  # noqa: S608  # constants
            after,
            KEYS_AT_ONCE,
        )
        old = [row for row in rows if wrapped_by(row["wrapped"])[0] < version]
        keys = [(row["id"], vault.unwrap_for(table.bound_to, row["id"], row["wrapped"])) for row in old]
        await tx.executemany(
            f"UPDATE {table.name} SET wrapped = $2 WHERE {table.row} = $1",  # noqa: S608  # constants
            [(id_, vault.wrap_for(table.bound_to, id_, key, version)) for id_, key in keys],
        )
        return (rows[-1]["id"] if rows else None), len(old)

    async def damage(self) -> tuple[int, Sequence[Damage]]:
        """Opens everything that is sealed: how much there is, and what does not open."""
        total, damaged = 0, []
        for sealed in SEALED:
            after: UUID | None = NOBODY
            while after is not None:
                async with self._database.maintenance() as tx:
                    after, opened, faults = await self._open_some(tx, sealed, after)
                total += opened
                damaged += faults
        return total, damaged

    async def _open_some(self, tx: Transaction, sealed: Sealed, after: UUID) -> tuple[UUID | None, int, list[Damage]]:
        rows = await tx.fetch(
            f"""
            SELECT t.{sealed.row} AS id, t.person_id, t.{sealed.column} AS said, k.wrapped
            FROM {sealed.table} t JOIN keys.person_key k USING (person_id)
            WHERE t.{sealed.row} > $1 ORDER BY t.{sealed.row} LIMIT $2
            """,  # noqa: S608  # constants
            after,
            KEYS_AT_ONCE,
        )
        faults = [Damage(row["person_id"], sealed.table, row["id"]) for row in rows if not self._opens(sealed, row)]
        return (rows[-1]["id"] if rows else None), len(rows), faults

    def _opens(self, sealed: Sealed, row: asyncpg.Record) -> bool:
        if row["said"] is None:
            return True
        vault = self._people.vault
        try:
            key = vault.unwrap(row["person_id"], row["wrapped"])
            vault.open(key, sealed.name, row["id"], row["said"])
        except DataDamaged:
            return False
        return True

    # ── legal holds ───────────────────────────────────────────────────────────────────────────────────────────

    async def hold(self, application_id: ApplicationId, *, reason: str, until: date, by: By, at: datetime) -> PersonId:
        """Keeps who applied there readable by break-glass until that day, whatever is erased.

        Raises ApplicationNotFound, also when nothing is left to be kept.
        """
        async with self._database.maintenance() as tx:
            org_id, person_id = await _locked_applicant(tx, application_id)
            await _must_be_readable(tx, person_id)
            await tx.execute(
                """
                INSERT INTO legal_hold (id, org_id, person_id, reason, until, by_name, at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                uuid7(at),
                org_id,
                person_id,
                reason,
                until,
                by.name,
                at,
            )
            detail = {"until": until.isoformat(), "application": str(application_id)}
            await write_audit(
                tx, org_id, by=by, action="hold", subject=str(person_id), purpose=reason, detail=detail, at=at
            )
        return person_id

    async def lift(self, application_id: ApplicationId, *, by: By, at: datetime) -> int:
        """Ends the holds of who applied there; returns how many there were. Raises ApplicationNotFound."""
        async with self._database.maintenance() as tx:
            org_id, person_id = await _locked_applicant(tx, application_id)
            lifted = await tx.fetch(
                """
                UPDATE legal_hold SET lifted_at = $2, lifted_by = $3 WHERE person_id = $1 AND lifted_at IS NULL
                RETURNING id
                """,
                person_id,
                at,
                by.name,
            )
            await write_audit(
                tx,
                org_id,
                by=by,
                action="lift_hold",
                subject=str(person_id),
                purpose=None,
                detail={"holds": len(lifted)},
                at=at,
            )
        return len(lifted)

    async def break_glass(self, application_id: ApplicationId, *, purpose: str, by: By, at: datetime) -> Contact:
        """Who an erased applicant under a legal hold was. Raises ApplicationNotFound where nothing is held."""
        async with self._database.maintenance() as tx:
            row = await tx.fetchrow(
                """
                SELECT p.id, p.org_id, p.person_id, h.wrapped, v.phone, w.name
                FROM application p JOIN keys.held h ON h.person_id = p.person_id
                LEFT JOIN vault.person v ON v.person_id = p.person_id
                LEFT JOIN vault.application w ON w.application_id = p.id WHERE p.id = $1
                """,
                application_id,
            )
            if row is None:
                raise ApplicationNotFound
            await write_audit(
                tx,
                row["org_id"],
                by=by,
                action="break_glass",
                subject=str(application_id),
                purpose=purpose,
                detail={},
                at=at,
            )
        # Read only after the commit: nobody sees what has no audit row.
        return self._people.whole_contact(row)

    async def end_holds(self, at: datetime, *, by: By) -> int:
        """Destroys the held keys of whom no hold keeps any more, and what they sealed; returns how many."""
        async with self._database.maintenance() as tx:
            rows = await tx.fetch("SELECT person_id, org_id FROM keys.held ORDER BY org_id, person_id")
        return sum([await self._end_hold(row["org_id"], row["person_id"], at, by) for row in rows])

    async def _end_hold(self, org_id: OrgId, person_id: PersonId, at: datetime, by: By) -> bool:
        """Whether it was over, by then; whoever puts this person under another hold comes before or after."""
        async with self._database.maintenance() as tx:
            await lock_people(tx, [person_id])
            if not await tx.fetchval(
                """
                DELETE FROM keys.held WHERE person_id = $1 AND NOT EXISTS (
                    SELECT FROM legal_hold l WHERE l.person_id = $1 AND l.lifted_at IS NULL AND l.until >= $2)
                RETURNING true
                """,
                person_id,
                at.date(),
            ):
                return False
            await delete_sealed(tx, org_id, person_id)
            await write_audit(
                tx,
                org_id,
                by=by,
                action="hold_ended",
                subject=str(person_id),
                purpose="retention",
                detail={},
                at=at,
            )
        return True

    # ── after a restore ───────────────────────────────────────────────────────────────────────────────────────────

    async def keyless(self) -> Sequence[tuple[OrgId, PersonId]]:
        """Those who have a phone and no key: a restored backup whose file of keys is gone."""
        async with self._database.maintenance() as tx:
            rows = await tx.fetch(
                """
                SELECT p.org_id, p.id FROM person p
                WHERE p.phone_hmac IS NOT NULL AND NOT EXISTS (SELECT FROM keys.person_key k WHERE k.person_id = p.id)
                """
            )
        return [(OrgId(row["org_id"]), PersonId(row["id"])) for row in rows]

    async def erasures(self) -> Sequence[Erasure]:
        """Everybody who was erased, oldest first."""
        async with self._database.maintenance() as tx:
            rows = await tx.fetch("SELECT org_id, person_id, at FROM erasure ORDER BY at, person_id")
        return [Erasure(OrgId(row["org_id"]), PersonId(row["person_id"]), row["at"]) for row in rows]


async def _locked_applicant(tx: Transaction, application_id: ApplicationId) -> tuple[OrgId, PersonId]:
    """Whoever erases this person comes before or after, never between. Raises ApplicationNotFound."""
    return await steady(tx, lambda: _applicant(tx, application_id), lambda applicant: lock_people(tx, [applicant[1]]))


async def _must_be_readable(tx: Transaction, person_id: PersonId) -> None:
    """By their own key, or one that is held already. Raises ApplicationNotFound."""
    if not await tx.fetchval(
        """
        SELECT EXISTS (SELECT FROM keys.person_key WHERE person_id = $1)
            OR EXISTS (SELECT FROM keys.held WHERE person_id = $1)
        """,
        person_id,
    ):
        raise ApplicationNotFound


async def _applicant(tx: Transaction, application_id: ApplicationId) -> tuple[OrgId, PersonId]:
    row = await tx.fetchrow("SELECT org_id, person_id FROM application WHERE id = $1", application_id)
    if row is None:
        raise ApplicationNotFound
    return OrgId(row["org_id"]), PersonId(row["person_id"])
