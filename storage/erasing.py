"""Erasing a person: the key is destroyed and what it sealed is deleted, in one transaction; every count stays."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from storage.audit import write_audit
from storage.keeping import KEEPERS, SEALED
from storage.locking import lock_applications, lock_people
from storage.pool import Transaction
from stream_jobs.domain.errors import PersonNotFound
from stream_jobs.domain.ids import BroadcastId, OrgId, PersonId, uuid7
from stream_jobs.ports import By, Erasure, WhyErased


async def erase(
    tx: Transaction, org_id: OrgId, person_id: PersonId, *, why: WhyErased, by: str, at: datetime
) -> Sequence[Erasure]:
    """This person, then whoever became this person. Raises PersonNotFound.

    An erased person stays erased since when they were.
    """
    # Whoever is applying as this person right now is waited for, and waits for us.
    await lock_people(tx, [person_id])
    if not await tx.fetchval("SELECT true FROM person WHERE id = $1 AND org_id = $2", person_id, org_id):
        raise PersonNotFound
    if erased := await _erased(tx, org_id, person_id):
        return erased
    await lock_applications(tx, await _applications(tx, org_id, person_id))
    held = await _is_held(tx, org_id, person_id, at)
    if held:
        await _hold_key(tx, org_id, person_id, at)
    await tx.execute("DELETE FROM keys.person_key WHERE person_id = $1 AND org_id = $2", person_id, org_id)
    await _forget(tx, org_id, person_id, all_of_it=not held)
    # Only now: lists of people are found by it.
    await tx.execute("UPDATE person SET phone_hmac = NULL WHERE id = $1 AND org_id = $2", person_id, org_id)
    await _say_so(tx, org_id, person_id, at)
    await _record(tx, org_id, person_id, why, at)
    detail = {"why": why, "held": held}
    await write_audit(
        tx, org_id, by=By(None, by), action="erase", subject=str(person_id), purpose=why, detail=detail, at=at
    )
    return await _erased(tx, org_id, person_id)


async def applied_in(tx: Transaction, org_id: OrgId, person_id: PersonId) -> tuple[BroadcastId, ...]:
    rows = await tx.fetch(
        "SELECT DISTINCT broadcast_id FROM application WHERE person_id = $1 AND org_id = $2", person_id, org_id
    )
    return tuple(BroadcastId(row["broadcast_id"]) for row in rows)


async def delete_sealed(tx: Transaction, org_id: OrgId, person_id: PersonId) -> None:
    """What only the person's key can read."""
    for table in sorted({sealed.table for sealed in SEALED}):
        await tx.execute(
            f"DELETE FROM {table} WHERE person_id = $1 AND org_id = $2",  # noqa: S608  # constants
            person_id,
            org_id,
        )
    for keeper in KEEPERS:
        if keeper.sealed:
            await keeper.forget(tx, org_id, person_id)


async def _forget(tx: Transaction, org_id: OrgId, person_id: PersonId, *, all_of_it: bool) -> None:
    for keeper in KEEPERS:
        if not keeper.sealed:
            await keeper.forget(tx, org_id, person_id)
    if all_of_it:
        await delete_sealed(tx, org_id, person_id)


async def _record(tx: Transaction, org_id: OrgId, person_id: PersonId, why: WhyErased, at: datetime) -> None:
    """And those who became this person: a backup of before may still know them apart."""
    await tx.execute(
        """
        WITH RECURSIVE who AS (
            SELECT $1::uuid AS id UNION SELECT p.id FROM person p JOIN who ON p.merged_into = who.id WHERE p.org_id = $2
        )
        INSERT INTO erasure (person_id, org_id, why, at) SELECT id, $2, $3, $4 FROM who ON CONFLICT DO NOTHING
        """,
        person_id,
        org_id,
        why,
        at,
    )


async def _erased(tx: Transaction, org_id: OrgId, person_id: PersonId) -> Sequence[Erasure]:
    """Nothing while the person is not."""
    rows = await tx.fetch(
        """
        WITH RECURSIVE who AS (
            SELECT person_id AS id FROM erasure WHERE person_id = $1 AND org_id = $2
            UNION SELECT p.id FROM person p JOIN who ON p.merged_into = who.id WHERE p.org_id = $2
        )
        SELECT e.person_id, e.at FROM who JOIN erasure e ON e.person_id = who.id ORDER BY e.person_id <> $1, e.person_id
        """,
        person_id,
        org_id,
    )
    return [Erasure(org_id, PersonId(row["person_id"]), row["at"]) for row in rows]


async def _applications(tx: Transaction, org_id: OrgId, person_id: PersonId) -> Sequence[UUID]:
    rows = await tx.fetch("SELECT id FROM application WHERE person_id = $1 AND org_id = $2", person_id, org_id)
    return [row["id"] for row in rows]


async def _is_held(tx: Transaction, org_id: OrgId, person_id: PersonId, at: datetime) -> bool:
    return bool(
        await tx.fetchval(
            """
            SELECT EXISTS (SELECT FROM legal_hold
                           WHERE person_id = $1 AND org_id = $2 AND lifted_at IS NULL AND until >= $3)
            """,
            person_id,
            org_id,
            at.date(),
        )
    )


async def _hold_key(tx: Transaction, org_id: OrgId, person_id: PersonId, at: datetime) -> None:
    await tx.execute(
        """
        INSERT INTO keys.held (person_id, org_id, wrapped, at)
        SELECT person_id, org_id, wrapped, $3 FROM keys.person_key WHERE person_id = $1 AND org_id = $2
        FOR UPDATE  -- who wraps it anew just now has done so, or finds it held
        """,
        person_id,
        org_id,
        at,
    )


async def _say_so(tx: Transaction, org_id: OrgId, person_id: PersonId, at: datetime) -> None:
    await tx.executemany(
        "INSERT INTO application_event (id, org_id, application_id, kind, at) VALUES ($1, $2, $3, 'erased', $4)",
        [(uuid7(at), org_id, id_, at) for id_ in await _applications(tx, org_id, person_id)],
    )
