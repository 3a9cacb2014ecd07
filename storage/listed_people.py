"""Whom lists of people name, locked before the lists themselves: the order is that of `storage/locking.py`."""

from collections.abc import Sequence
from uuid import UUID

from storage.locking import hold_people, lock_applications, steady
from storage.pool import Transaction
from stream_jobs.domain.ids import PeopleImportId, ReceiptId


async def lock_lists(tx: Transaction, imports: Sequence[UUID]) -> None:
    """Once the people they name are."""
    await tx.execute("SELECT FROM people_import WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", list(imports))


async def hold_applications(tx: Transaction, applications: Sequence[UUID]) -> None:
    """Rows of a new list will refer to them."""
    await tx.execute("SELECT FROM application WHERE id = ANY($1::uuid[]) ORDER BY id FOR KEY SHARE", list(applications))


async def lock_whom_it_moves(tx: Transaction, import_id: PeopleImportId) -> None:
    """People, with whose keys notes are sealed, then their applications."""

    async def people() -> Sequence[tuple[UUID, UUID]]:
        rows = await tx.fetch(
            """
            SELECT p.id, p.person_id FROM people_import_row r JOIN application p ON p.id = r.application_id
            WHERE r.import_id = $1 AND r.verdict = 'imports' ORDER BY p.id
            """,
            import_id,
        )
        return [(row["id"], row["person_id"]) for row in rows]

    found = await steady(tx, people, lambda found: hold_people(tx, {person for _, person in found}))
    await lock_applications(tx, {application for application, _ in found})


async def hold_whom_it_recorded(tx: Transaction, receipts: Sequence[ReceiptId]) -> None:
    """The people these receipts stand for: whose they are, and what rows will refer to, stays as it is."""

    async def people() -> Sequence[tuple[UUID, UUID]]:
        rows = await tx.fetch(
            """
            SELECT t.application_id, p.person_id FROM receipt t JOIN application p ON p.id = t.application_id
            WHERE t.id = ANY($1::uuid[]) ORDER BY t.id
            """,
            list(receipts),
        )
        return [(row["application_id"], row["person_id"]) for row in rows]

    await steady(tx, people, lambda found: hold_people(tx, {person for _, person in found}))


async def lock_what_it_wrote(tx: Transaction, import_id: PeopleImportId) -> None:
    """The applications that it moved or made; none is added once it is confirmed."""
    rows = await tx.fetch(
        "SELECT DISTINCT application_id FROM people_import_row WHERE import_id = $1 AND application_id IS NOT NULL",
        import_id,
    )
    await lock_applications(tx, [row["application_id"] for row in rows])
