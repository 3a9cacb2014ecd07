"""Lists of applicants: people who go through the door of all applications, some at a time, and are taken back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from storage.people_lists import KEPT_FOR, count, key_of, said
from storage.pool import Transaction
from storage.vault import Vault
from stream_jobs.domain.errors import ImportDone, ImportNotFound
from stream_jobs.domain.ids import JobId, PeopleImportId, uuid7
from stream_jobs.ports.people_imports import ApplicantRow, ApplicantRows, ListScope, RowWritten


async def next_applicants(
    tx: Transaction, vault: Vault, scope: ListScope, import_id: PeopleImportId, limit: int
) -> ApplicantRows:
    head = await tx.fetchrow(
        "SELECT account_id, channel_id, given FROM people_import WHERE id = $1 AND org_id = $2",
        import_id,
        scope.org_id,
    )
    key = await key_of(tx, vault, import_id)
    rows = await tx.fetch(
        """
        SELECT r.nth, r.key, r.body, v.said FROM people_import_row r
        JOIN vault.people_import_row v ON v.import_id = r.import_id AND v.nth = r.nth
        WHERE r.import_id = $1 AND r.verdict = 'imports' AND r.result IS NULL ORDER BY r.nth LIMIT $2
        """,
        import_id,
        limit,
    )
    if head is None:
        raise ImportNotFound
    if rows and key is None:
        raise ImportDone
    people = [
        ApplicantRow(row["nth"], row["key"], JobId(UUID(row["body"]["job_id"])), typed["phone"], typed["name"])
        for row in rows
        if (typed := said(vault, key, row))
    ]
    return ApplicantRows(people, head["account_id"], head["channel_id"], head["given"])


async def note_written(tx: Transaction, import_id: PeopleImportId, written: Sequence[RowWritten]) -> None:
    """The application is the row's own only where nobody had made it before."""
    await tx.executemany(
        """
        UPDATE people_import_row SET result = $3, application_id = (
            SELECT t.application_id FROM receipt t WHERE t.id = $4 AND t.own)
        WHERE import_id = $1 AND nth = $2 AND result IS NULL
        """,
        [(import_id, one.nth, one.code or "recorded", one.receipt_id) for one in written],
    )
    await count(tx, import_id)


async def undo_applicants(tx: Transaction, scope: ListScope, import_id: PeopleImportId, at: datetime) -> int:
    """Withdraws those nothing has happened to; how many stay."""
    rows = await tx.fetch(
        """
        SELECT p.id, p.state = 'applied' AND NOT EXISTS (
            SELECT FROM application_event e
            WHERE e.application_id = p.id AND e.kind NOT IN ('applied', 'applied_again', 'withdrawn')
        ) AND NOT EXISTS (SELECT FROM follow_up u WHERE u.application_id = p.id) AND NOT EXISTS (
            SELECT FROM receipt t WHERE t.application_id = p.id AND t.key <> r.key AND t.at > $2
        ) AS untouched
        FROM people_import_row r JOIN application p ON p.id = r.application_id
        WHERE r.import_id = $1 AND r.result = 'recorded' ORDER BY p.id
        """,
        import_id,
        at - KEPT_FOR,
    )
    taken = [row["id"] for row in rows if row["untouched"]]
    await tx.execute("UPDATE application SET state = 'withdrawn' WHERE id = ANY($1::uuid[])", taken)
    await tx.execute(
        "UPDATE receipt SET withdrawn_at = $2 WHERE application_id = ANY($1::uuid[]) AND withdrawn_at IS NULL",
        taken,
        at,
    )
    await tx.executemany(
        """
        INSERT INTO application_event (id, org_id, application_id, kind, account_id, by_name, at, import_id)
        VALUES ($1, $2, $3, 'withdrawn', $4, $5, $6, $7)
        """,
        [(uuid7(at), scope.org_id, id_, scope.by.account_id, scope.by.name, at, import_id) for id_ in taken],
    )
    return len(rows) - len(taken)
