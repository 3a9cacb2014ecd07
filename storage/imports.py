"""Uploaded workbooks, their rows, and the jobs made of them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.jobs import ROWS_AT_ONCE, insert_jobs, known_job_keys
from storage.pool import Database, Transaction
from storage.tray_changes import take_out_of_trays
from stream_jobs.domain.errors import ImportDone, ImportNotFound, ImportUsed
from stream_jobs.domain.ids import BroadcastId, EmployerId, ImportId, JobId, OrgId, uuid7
from stream_jobs.domain.job_sheet import job_key
from stream_jobs.domain.job_sheet.text import compact
from stream_jobs.domain.pay import Pay, PayUnit
from stream_jobs.ports import (
    By,
    ImportBody,
    ImportDraft,
    ImportRow,
    ImportTotals,
    KeptWorkbook,
    NewImport,
    NewJob,
    SkippedSheet,
    VerdictKind,
)

# Of a row's body; the other fields of ImportRow are columns.
KEYS = frozenset({"nth", "sheet", "row", "verdict"})


class ImportStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: NewImport, *, at: datetime, by: By) -> None:
        async with self._database.transaction(new.org_id) as tx:
            await _insert(tx, new, at, by)
            for start in range(0, len(new.rows), ROWS_AT_ONCE):
                await tx.executemany(
                    """
                    INSERT INTO import_row (import_id, org_id, nth, sheet, row, verdict, body)
                    VALUES ($1, $2, $3, $4, $5, $6, $7)
                    """,
                    [_stored(new, row) for row in new.rows[start : start + ROWS_AT_ONCE]],
                )

    async def listed(self, org_id: OrgId) -> Sequence[ImportBody]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(f"{_SELECT} WHERE i.org_id = $1 ORDER BY i.created_at DESC LIMIT 100", org_id)
        return [_body(row) for row in rows]

    async def one(self, org_id: OrgId, import_id: ImportId) -> ImportBody:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(f"{_SELECT} WHERE i.org_id = $1 AND i.id = $2", org_id, import_id)
        if row is None:
            raise ImportNotFound
        return _body(row)

    async def rows(
        self, org_id: OrgId, import_id: ImportId, verdict: VerdictKind | None, offset: int, limit: int
    ) -> Sequence[ImportRow]:
        async with self._database.transaction(org_id) as tx:
            await _must_exist(tx, org_id, import_id)
            return await _rows(tx, import_id, verdict, offset, limit)

    async def workbook(self, org_id: OrgId, import_id: ImportId) -> KeptWorkbook:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(
                "SELECT file_name, file_bytes, today FROM job_import WHERE org_id = $1 AND id = $2", org_id, import_id
            )
        if row is None:
            raise ImportNotFound
        return KeptWorkbook(row["file_name"], row["file_bytes"], row["today"])

    async def employer_names(self, org_id: OrgId) -> Sequence[str]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch("SELECT name, full_name FROM employer WHERE org_id = $1", org_id)
        return [name for row in rows for name in (row["name"], row["full_name"])]

    async def confirm(self, org_id: OrgId, import_id: ImportId, *, at: datetime, by: By) -> int:
        async with self._database.transaction(org_id) as tx:
            # Two workbooks confirmed at once would not see each other's jobs.
            await tx.execute("SELECT id FROM organisation WHERE id = $1 FOR NO KEY UPDATE", org_id)
            await _must_be(tx, org_id, import_id, "previewed")
            rows = await _every_row(tx, import_id, "imports")
            fresh = await asyncio.to_thread(_without_known, rows, await known_job_keys(tx, org_id))
            employers = await _employers(tx, org_id, import_id, fresh, at)
            await insert_jobs(tx, _jobs(org_id, import_id, fresh, employers, at), at)
            await tx.execute(
                "UPDATE job_import SET state = 'confirmed', confirmed_at = $2, imported = $3 WHERE id = $1",
                import_id,
                at,
                len(fresh),
            )
        return len(fresh)

    async def undo(self, org_id: OrgId, import_id: ImportId, *, at: datetime, by: By) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            await _must_be(tx, org_id, import_id, "confirmed")
            # An application on its way holds the job's key: wait for it, then look.
            found = await tx.fetch("SELECT id FROM job WHERE import_id = $1 ORDER BY id FOR UPDATE", import_id)
            jobs = [row["id"] for row in found]
            broadcasts = await take_out_of_trays(tx, org_id, "job", jobs, at=at, by=by)
            await _must_be_unused(tx, import_id)
            await _take_back(tx, import_id, jobs, at)
        return broadcasts


async def _insert(tx: Transaction, new: NewImport, at: datetime, by: By) -> None:
    await tx.execute(
        """
        INSERT INTO job_import (id, org_id, file_name, file_bytes, file_sha256, state, totals, sheets, today, by_name,
            created_at)
        VALUES ($1, $2, $3, $4, sha256($4), 'previewed', $5, $6, $7, $8, $9)
        """,
        new.id,
        new.org_id,
        new.file_name,
        new.content,
        new.totals.model_dump(mode="json"),
        [sheet.model_dump(mode="json") for sheet in new.sheets],
        new.today,
        by.name,
        at,
    )


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────

_PUSHED = """
    SELECT FROM job j JOIN card c ON c.job_id = j.id
    JOIN stage_event e ON e.broadcast_id = c.broadcast_id AND e.card_id = c.id AND e.kind = 'card_pushed'
"""
_APPLIED = """
    SELECT FROM job j JOIN card c ON c.job_id = j.id
    JOIN application a ON a.broadcast_id = c.broadcast_id AND a.job_id = c.job_id
"""
_SELECT = f"""
    SELECT i.id, i.file_name, i.state, i.totals, i.sheets, i.imported, i.by_name, i.created_at, i.confirmed_at,
        i.undone_at,
        CASE WHEN i.state <> 'confirmed' THEN NULL
            WHEN EXISTS ({_PUSHED} WHERE j.import_id = i.id) THEN 'pushed'
            WHEN EXISTS ({_APPLIED} WHERE j.import_id = i.id) THEN 'applied' END AS used
    FROM job_import i
"""  # noqa: S608  # constants of this module


def _body(row: asyncpg.Record) -> ImportBody:
    return ImportBody(
        id=row["id"],
        file_name=row["file_name"],
        state=row["state"],
        totals=ImportTotals.model_validate(row["totals"]),
        sheets=tuple(SkippedSheet.model_validate(sheet) for sheet in row["sheets"]),
        imported=row["imported"],
        used=row["used"],
        by=row["by_name"],
        created_at=row["created_at"],
        confirmed_at=row["confirmed_at"],
        undone_at=row["undone_at"],
    )


async def _rows(
    tx: Transaction, import_id: ImportId, verdict: VerdictKind | None, offset: int, limit: int
) -> list[ImportRow]:
    rows = await tx.fetch(
        """
        SELECT nth, sheet, row, verdict, body FROM import_row
        WHERE import_id = $1 AND ($2::text IS NULL OR verdict = $2) ORDER BY nth LIMIT $3 OFFSET $4
        """,
        import_id,
        verdict,
        limit,
        offset,
    )
    return [
        ImportRow(nth=row["nth"], sheet=row["sheet"], row=row["row"], verdict=row["verdict"], **row["body"])
        for row in rows
    ]


async def _every_row(tx: Transaction, import_id: ImportId, verdict: VerdictKind) -> list[ImportRow]:
    """A page at a time, so that the loop breathes in between."""
    rows: list[ImportRow] = []
    while page := await _rows(tx, import_id, verdict, len(rows), ROWS_AT_ONCE):
        rows += page
    return rows


def _stored(new: NewImport, row: ImportRow) -> tuple[object, ...]:
    body = row.model_dump(mode="json", exclude=set(KEYS), exclude_defaults=True)
    return (new.id, new.org_id, row.nth, row.sheet, row.row, row.verdict, body)


# ── confirming ────────────────────────────────────────────────────────────────────────────────────────────────

Row = tuple[ImportRow, ImportDraft]


def _without_known(rows: Sequence[ImportRow], known: Mapping[str, str]) -> list[Row]:
    return [(row, row.draft) for row in rows if row.draft and _key(row.draft) not in known]


def _key(draft: ImportDraft) -> str:
    return job_key(draft.employer, draft.facts.title, _pay(draft), draft.facts.workplace)


def _pay(draft: ImportDraft) -> Pay:
    pay = draft.pay
    return Pay(
        text=pay.text,
        min_fen=pay.min_fen,
        max_fen=pay.max_fen,
        unit=PayUnit(pay.unit),
        months=pay.months,
        negotiable=pay.negotiable,
        open_ended=pay.open_ended,
    )


async def _employers(
    tx: Transaction, org_id: OrgId, import_id: ImportId, rows: Sequence[Row], at: datetime
) -> dict[str, EmployerId]:
    """Every employer of the rows by its name as compared; those not there yet are made, unverified."""
    found = await tx.fetch("SELECT id, name, full_name FROM employer WHERE org_id = $1", org_id)
    known = {compact(row[name]): EmployerId(row["id"]) for row in found for name in ("full_name", "name")}
    drafts = {compact(draft.employer): draft for _, draft in reversed(rows)}
    fresh = {name: draft for name, draft in drafts.items() if name not in known}
    made = {name: EmployerId(uuid7(at)) for name in fresh}
    await tx.executemany(
        """
        INSERT INTO employer (id, org_id, name, full_name, contact_name, contact_phone, import_id, created_at)
        VALUES ($1, $2, $3, $3, $4, $5, $6, $7)
        """,
        [
            (made[name], org_id, draft.employer, draft.contact_name, draft.contact_phone, import_id, at)
            for name, draft in fresh.items()
        ],
    )
    return known | made


def _jobs(
    org_id: OrgId, import_id: ImportId, rows: Sequence[Row], employers: Mapping[str, EmployerId], at: datetime
) -> list[NewJob]:
    # Ids of one moment are random among themselves; sorted, they keep the workbook's order.
    ids = sorted(JobId(uuid7(at)) for _ in rows)
    return [
        NewJob(
            id=id_,
            org_id=org_id,
            employer_id=employers[compact(draft.employer)],
            facts=draft.facts,
            import_id=import_id,
            import_row=f"{row.sheet}!{row.row}",
        )
        for id_, (row, draft) in zip(ids, rows, strict=True)
    ]


# ── undoing ───────────────────────────────────────────────────────────────────────────────────────────────────


async def _must_exist(tx: Transaction, org_id: OrgId, import_id: ImportId) -> None:
    if not await tx.fetchval("SELECT EXISTS (SELECT FROM job_import WHERE id = $1 AND org_id = $2)", import_id, org_id):
        raise ImportNotFound


async def _must_be(tx: Transaction, org_id: OrgId, import_id: ImportId, state: str) -> None:
    found = await tx.fetchval(
        "SELECT state FROM job_import WHERE id = $1 AND org_id = $2 FOR UPDATE", import_id, org_id
    )
    if found is None:
        raise ImportNotFound
    if found != state:
        raise ImportDone


async def _must_be_unused(tx: Transaction, import_id: ImportId) -> None:
    used = await tx.fetchval(
        f"SELECT EXISTS ({_PUSHED} WHERE j.import_id = $1) OR EXISTS ({_APPLIED} WHERE j.import_id = $1)",
        import_id,
    )
    if used:
        raise ImportUsed


async def _take_back(tx: Transaction, import_id: ImportId, jobs: Sequence[UUID], at: datetime) -> None:
    """Jobs without a card are deleted, others only leave the library; employers stay where anything names them."""
    await tx.execute("UPDATE job SET removed_at = $2 WHERE id = ANY($1::uuid[])", jobs, at)
    await tx.execute(
        "DELETE FROM job WHERE id = ANY($1::uuid[]) AND NOT EXISTS (SELECT FROM card c WHERE c.job_id = job.id)", jobs
    )
    await tx.execute(
        """
        DELETE FROM employer m WHERE m.import_id = $1 AND m.verified_at IS NULL AND m.changed_at IS NULL
            AND NOT EXISTS (SELECT FROM job j WHERE j.employer_id = m.id)
            AND NOT EXISTS (SELECT FROM account a WHERE a.employer_id = m.id)
        """,
        import_id,
    )
    await tx.execute("UPDATE job_import SET state = 'undone', undone_at = $2 WHERE id = $1", import_id, at)
