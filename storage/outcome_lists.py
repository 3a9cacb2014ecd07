"""Lists of outcomes: moves and notes, written all or none with the list as their source, and taken back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import asyncpg

from storage.listed_people import lock_whom_it_moves
from storage.moves import move_all, undo_batch
from storage.people_lists import KEPT_FOR, count, key_of, locked, said
from storage.pool import Transaction
from storage.vault import Vault
from stream_jobs.domain.following import Reason, State
from stream_jobs.domain.ids import ApplicationId, PeopleImportId, uuid7
from stream_jobs.ports import Move
from stream_jobs.ports.people_imports import ListScope


async def write_outcomes(
    tx: Transaction, vault: Vault, scope: ListScope, import_id: PeopleImportId, at: datetime
) -> None:
    """A second time changes nothing."""
    await lock_whom_it_moves(tx, import_id)
    if (await locked(tx, scope, import_id))["state"] != "writing":
        return
    key = await key_of(tx, vault, import_id)
    rows = await tx.fetch(
        """
        SELECT r.nth, r.body, r.key, r.application_id, p.person_id, k.wrapped, v.said FROM people_import_row r
        JOIN application p ON p.id = r.application_id
        LEFT JOIN keys.person_key k ON k.person_id = p.person_id
        LEFT JOIN vault.people_import_row v ON v.import_id = r.import_id AND v.nth = r.nth
        WHERE r.import_id = $1 AND r.verdict = 'imports' ORDER BY r.nth
        """,
        import_id,
    )
    results = await _move(tx, scope, import_id, rows, at)
    for row in rows:
        if results.get(row["nth"]) in ("moved", "unchanged", "noted"):
            await _note(tx, vault, scope, import_id, row, said(vault, key, row).get("said"), at)
    await _settle(tx, import_id, results)
    await tx.execute("UPDATE people_import SET state = 'confirmed', confirmed_at = $2 WHERE id = $1", import_id, at)


async def _move(
    tx: Transaction, scope: ListScope, import_id: PeopleImportId, rows: Sequence[asyncpg.Record], at: datetime
) -> dict[int, str]:
    """What became of each row, by its place: moved, unchanged, noted, or the code of a refusal."""
    moving = [row for row in rows if row["body"].get("state")]
    moves = [_move_of(row) for row in moving]
    moved = await move_all(
        tx, scope.org_id, moves, employer_id=scope.employer_id, by=scope.by, at=at, import_id=import_id
    )
    results = {row["nth"]: "noted" for row in rows}
    for row, verdict in zip(moving, moved.verdicts, strict=True):
        results[row["nth"]] = verdict.code or verdict.verdict
    days = [(row["application_id"], import_id, _day(row)) for row in moving if row["body"].get("day")]
    await tx.executemany("UPDATE application_event SET told_on = $3 WHERE application_id = $1 AND import_id = $2", days)
    return results


async def _note(
    tx: Transaction,
    vault: Vault,
    scope: ListScope,
    import_id: PeopleImportId,
    row: asyncpg.Record,
    words: str | None,
    at: datetime,
) -> None:
    kind = row["body"].get("done") or ("note" if words else None)
    if kind is None or row["wrapped"] is None:
        return
    id_ = uuid7(at)
    await tx.execute(
        """
        INSERT INTO follow_up (id, org_id, application_id, kind, account_id, by_name, at, import_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        id_,
        scope.org_id,
        row["application_id"],
        kind,
        scope.by.account_id,
        scope.by.name,
        at,
        import_id,
    )
    if words:
        key = vault.unwrap(row["person_id"], row["wrapped"])
        await tx.execute(
            "INSERT INTO vault.follow_up (follow_up_id, org_id, person_id, said) VALUES ($1, $2, $3, $4)",
            id_,
            scope.org_id,
            row["person_id"],
            vault.seal(key, "vault.follow_up.said", id_, words),
        )


async def _settle(tx: Transaction, import_id: PeopleImportId, results: Mapping[int, str]) -> None:
    await tx.executemany(
        "UPDATE people_import_row SET result = $3 WHERE import_id = $1 AND nth = $2",
        [(import_id, nth, result) for nth, result in results.items()],
    )
    await count(tx, import_id)


async def undo_outcomes(tx: Transaction, scope: ListScope, import_id: PeopleImportId, at: datetime) -> int:
    """How many moves stay, because something followed them."""
    batch = await tx.fetchval(
        "SELECT batch_id FROM application_event WHERE import_id = $1 AND batch_id IS NOT NULL LIMIT 1", import_id
    )
    kept = 0
    if batch is not None:
        undone = await undo_batch(
            tx, scope.org_id, batch, employer_id=scope.employer_id, by=scope.by, at=at, within=KEPT_FOR
        )
        kept = len(undone.verdicts) - undone.moved
    await tx.execute(
        "DELETE FROM vault.follow_up WHERE follow_up_id IN (SELECT id FROM follow_up WHERE import_id = $1)", import_id
    )
    await tx.execute("DELETE FROM follow_up WHERE import_id = $1", import_id)
    return kept


def _move_of(row: asyncpg.Record) -> Move:
    body = row["body"]
    return Move(
        ApplicationId(row["application_id"]),
        State(body["state"]),
        Reason(body["reason"]) if body.get("reason") else None,
        State(body["stands"]),
    )


def _day(row: asyncpg.Record) -> date:
    return date.fromisoformat(row["body"]["day"])
