"""The rows of a list that were not taken, given back to whoever brought it."""

from datetime import datetime

import asyncpg

from storage.audit import write_audit
from storage.people_lists import KEPT_FOR, READ, WRITTEN, given, key_of
from storage.pool import Transaction
from storage.vault import Vault
from stream_jobs.domain.errors import ImportDone, ImportNotFound, NotAllowed
from stream_jobs.domain.ids import PeopleImportId
from stream_jobs.ports.people_imports import FaultyList, ListScope, NotTaken, PeopleFaultBody

CONTENT = "vault.people_import.content"


def brought(row: asyncpg.Record, scope: ListScope) -> bool:
    """Who typed it may read it in clear: a link's own, or one account's; the rest read it masked."""
    if scope.collection_id or row["collection_id"]:
        return bool(scope.collection_id == row["collection_id"])
    return bool(scope.by.account_id == row["account_id"])


async def take_faulty(
    tx: Transaction, vault: Vault, scope: ListScope, import_id: PeopleImportId, at: datetime
) -> FaultyList:
    """Recorded in the caller's transaction. Raises ImportNotFound, NotAllowed, ImportDone once its key is gone."""
    row = await tx.fetchrow(
        f"""
        SELECT i.kind, i.file_name, i.account_id, i.collection_id, i.created_at, v.content FROM people_import i
        LEFT JOIN vault.people_import v ON v.import_id = i.id WHERE {READ} AND i.id = $5
        """,  # noqa: S608  # a constant of this package
        *given(scope),
        import_id,
    )
    if row is None:
        raise ImportNotFound
    if not brought(row, scope):
        raise NotAllowed(expected="whoever brought this list")
    key = await key_of(tx, vault, import_id)
    if key is None or at - row["created_at"] >= KEPT_FOR:
        raise ImportDone
    rows = await tx.fetch(
        """
        SELECT sheet, row, body, result FROM people_import_row
        WHERE import_id = $1 AND (verdict = 'faulty' OR result <> ALL($2::text[])) ORDER BY nth
        """,
        import_id,
        list(WRITTEN),
    )
    await write_audit(
        tx,
        scope.org_id,
        by=scope.by,
        action="list_faults_taken",
        subject=str(import_id),
        purpose=None,
        detail={"rows": len(rows)},
        at=at,
    )
    content = vault.open_bytes(key, CONTENT, import_id, row["content"])
    taken = [NotTaken(one["sheet"], one["row"], _faults(one)) for one in rows]
    return FaultyList(row["kind"], row["file_name"], content, row["created_at"], taken)


def _faults(row: asyncpg.Record) -> tuple[PeopleFaultBody, ...]:
    if row["result"]:
        return (PeopleFaultBody(field="result", code=row["result"]),)
    return tuple(PeopleFaultBody.model_validate(fault) for fault in row["body"].get("faults", ()))
