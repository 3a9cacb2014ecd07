"""Lists of people that came in as workbooks: kept sealed for a day, written once, taken back."""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from storage.applicant_lists import next_applicants, note_written, undo_applicants
from storage.faulty_lists import CONTENT, brought, take_faulty
from storage.keeper import Moving
from storage.listed_people import hold_applications, hold_whom_it_recorded, lock_lists, lock_what_it_wrote
from storage.outcome_lists import undo_outcomes, write_outcomes
from storage.people_lists import KEPT_FOR, READ, SAID, given, is_mine, key_of, locked, said
from storage.pool import Database, Transaction
from storage.vault import KEY_BYTES, Vault
from storage.wrapping import share_wrapping
from stream_jobs.domain.errors import BroadcastNotFound, ImportDone, ImportNotFound, UndoOver
from stream_jobs.domain.ids import OrgId, PeopleImportId, PersonId
from stream_jobs.domain.people_sheet.columns import Kind
from stream_jobs.domain.people_sheet.phones import MOBILE
from stream_jobs.domain.phone import mask_name
from stream_jobs.ports import VerdictKind
from stream_jobs.ports.imports import SkippedSheet
from stream_jobs.ports.people_imports import (
    ApplicantRows,
    FaultyList,
    ListScope,
    NewPeopleImport,
    NewPeopleRow,
    PeopleImportBody,
    PeopleImportRow,
    PeopleTotals,
    RowWritten,
)

LISTED = 50
_SELECT = """
    SELECT i.id, i.kind, i.file_name, i.state, i.totals, i.sheets, i.done, i.given, n.name AS channel,
        i.collection_id, i.employer_id, i.account_id, i.by_name, i.created_at, i.confirmed_at, i.undone_at,
        EXISTS (SELECT FROM keys.people_import_key k WHERE k.import_id = i.id) AS readable
    FROM people_import i LEFT JOIN channel n ON n.id = i.channel_id
"""


class PeopleImportStore:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    # ── keeping and reading ───────────────────────────────────────────────────────────────────────────────────

    async def add(self, scope: ListScope, new: NewPeopleImport, at: datetime) -> None:
        async with self._database.transaction(scope.org_id) as tx:
            wraps = await share_wrapping(tx, self._vault)
            await hold_applications(tx, [row.application_id for row in new.rows if row.application_id])
            await _insert(tx, scope, new, at)
            key = await self._seal(tx, scope.org_id, new, wraps)
            await self._insert_rows(tx, scope.org_id, new, key)

    async def _seal(self, tx: Transaction, org_id: OrgId, new: NewPeopleImport, wraps: int) -> bytes:
        """The file, under a key of its own."""
        key = secrets.token_bytes(KEY_BYTES)
        await tx.execute(
            "INSERT INTO keys.people_import_key (import_id, org_id, wrapped) VALUES ($1, $2, $3)",
            new.id,
            org_id,
            self._vault.wrap_for("keys.people_import_key", new.id, key, wraps),
        )
        await tx.execute(
            "INSERT INTO vault.people_import (import_id, org_id, content) VALUES ($1, $2, $3)",
            new.id,
            org_id,
            self._vault.seal_bytes(key, CONTENT, new.id, new.content),
        )
        return key

    async def _insert_rows(self, tx: Transaction, org_id: OrgId, new: NewPeopleImport, key: bytes) -> None:
        await tx.executemany(
            """
            INSERT INTO people_import_row (import_id, nth, org_id, sheet, row, verdict, body, application_id, key,
                phone_hmac)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            """,
            [self._stored(org_id, new.id, row) for row in new.rows],
        )
        await tx.executemany(
            "INSERT INTO vault.people_import_row (import_id, nth, org_id, said) VALUES ($1, $2, $3, $4)",
            [
                (new.id, row.nth, org_id, self._vault.seal(key, SAID, row.key, json.dumps(dict(row.said))))
                for row in new.rows
                if row.said
            ],
        )

    def _stored(self, org_id: OrgId, import_id: PeopleImportId, row: NewPeopleRow) -> tuple[object, ...]:
        phone_hmac = self._vault.phone_hmac(org_id, row.phone) if row.phone else None
        start = (import_id, row.nth, org_id, row.sheet, row.row, row.verdict, dict(row.body))
        return (*start, row.application_id, row.key, phone_hmac)

    async def listed(self, scope: ListScope, at: datetime) -> Sequence[PeopleImportBody]:
        async with self._database.transaction(scope.org_id) as tx:
            rows = await tx.fetch(
                f"{_SELECT} WHERE {READ} ORDER BY i.created_at DESC, i.id DESC LIMIT {LISTED}", *given(scope)
            )
        return [_body(row, scope, at) for row in rows]

    async def one(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> PeopleImportBody:
        async with self._database.transaction(scope.org_id) as tx:
            row = await tx.fetchrow(f"{_SELECT} WHERE {READ} AND i.id = $5", *given(scope), import_id)
        if row is None:
            raise ImportNotFound
        return _body(row, scope, at)

    async def rows(
        self, scope: ListScope, import_id: PeopleImportId, verdict: VerdictKind | None, offset: int, limit: int
    ) -> Sequence[PeopleImportRow]:
        async with self._database.transaction(scope.org_id) as tx:
            if not await tx.fetchval(
                f"SELECT true FROM people_import i WHERE {READ} AND i.id = $5",  # noqa: S608  # of this module
                *given(scope),
                import_id,
            ):
                raise ImportNotFound
            key = await key_of(tx, self._vault, import_id)
            rows = await tx.fetch(
                """
                SELECT r.nth, r.sheet, r.row, r.verdict, r.body, r.key, r.result, v.said FROM people_import_row r
                LEFT JOIN vault.people_import_row v ON v.import_id = r.import_id AND v.nth = r.nth
                WHERE r.import_id = $1 AND ($2::text IS NULL OR r.verdict = $2) ORDER BY r.nth LIMIT $3 OFFSET $4
                """,
                import_id,
                verdict,
                limit,
                offset,
            )
        return [_row(row, said(self._vault, key, row).get("typed", {})) for row in rows]

    async def faulty(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> FaultyList:
        async with self._database.transaction(scope.org_id) as tx:
            return await take_faulty(tx, self._vault, scope, import_id, at)

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────

    async def begin(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> Kind:
        async with self._database.transaction(scope.org_id) as tx:
            row = await locked(tx, scope, import_id)
            if row["state"] not in ("previewed", "writing") or at - row["created_at"] >= KEPT_FOR:
                raise ImportDone
            await tx.execute("UPDATE people_import SET state = 'writing' WHERE id = $1", import_id)
        kind: Kind = row["kind"]
        return kind

    async def write_outcomes(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> None:
        async with self._database.transaction(scope.org_id) as tx:
            await write_outcomes(tx, self._vault, scope, import_id, at)

    async def next_applicants(self, scope: ListScope, import_id: PeopleImportId, limit: int) -> ApplicantRows:
        async with self._database.transaction(scope.org_id) as tx:
            return await next_applicants(tx, self._vault, scope, import_id, limit)

    async def wrote(
        self, scope: ListScope, import_id: PeopleImportId, written: Sequence[RowWritten], at: datetime
    ) -> None:
        async with self._database.transaction(scope.org_id) as tx:
            await hold_whom_it_recorded(tx, [one.receipt_id for one in written if one.receipt_id])
            await locked(tx, scope, import_id)
            await note_written(tx, import_id, written)

    async def finish(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> None:
        async with self._database.transaction(scope.org_id) as tx:
            await tx.execute(
                """
                UPDATE people_import SET state = 'confirmed', confirmed_at = $3
                WHERE id = $1 AND org_id = $2 AND state = 'writing'
                """,
                import_id,
                scope.org_id,
                at,
            )

    # ── taking back ───────────────────────────────────────────────────────────────────────────────────────────

    async def undo(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> None:
        async with self._database.transaction(scope.org_id) as tx:
            await lock_what_it_wrote(tx, import_id)
            row = await locked(tx, scope, import_id, of_links=True)
            if row["state"] != "confirmed":
                raise ImportDone
            if at - row["confirmed_at"] >= KEPT_FOR:
                raise UndoOver
            undo = undo_outcomes if row["kind"] == "outcomes" else undo_applicants
            kept = await undo(tx, scope, import_id, at)
            await tx.execute(
                """
                UPDATE people_import SET state = 'undone', undone_at = $2,
                    totals = totals || jsonb_build_object('kept', $3::int)
                WHERE id = $1
                """,
                import_id,
                at,
                kept,
            )

    async def expire(self, at: datetime) -> int:
        gone = 0
        for org_id in await self._database.tenants():
            async with self._database.transaction(org_id) as tx:
                rows = await tx.fetch(
                    """
                    SELECT i.id FROM people_import i JOIN keys.people_import_key k ON k.import_id = i.id
                    WHERE i.org_id = $1 AND i.created_at <= $2
                    """,
                    org_id,
                    at - KEPT_FOR,
                )
                await _destroy(tx, [row["id"] for row in rows])
                gone += len(rows)
        return gone


async def forget(tx: Transaction, org_id: OrgId, person_id: PersonId) -> None:
    """Makes every list this person stands in unreadable, in the transaction that erases the person."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT r.import_id FROM people_import_row r
        WHERE r.org_id = $1 AND (
            r.phone_hmac = (SELECT phone_hmac FROM person WHERE id = $2)
            OR r.application_id IN (SELECT id FROM application WHERE person_id = $2))
        """,
        org_id,
        person_id,
    )
    await _destroy(tx, [row["import_id"] for row in rows])


async def move(tx: Transaction, org_id: OrgId, moving: Moving) -> None:
    """Lists that name the number which is given up are found by the one that is left."""
    rows = await tx.fetch(
        """
        SELECT DISTINCT r.import_id FROM people_import_row r JOIN person n ON r.phone_hmac = n.phone_hmac
        WHERE r.org_id = $1 AND n.id = $2
        """,
        org_id,
        moving.new,
    )
    await lock_lists(tx, [row["import_id"] for row in rows])
    await tx.execute(
        """
        UPDATE people_import_row r SET phone_hmac = o.phone_hmac FROM person o, person n
        WHERE r.org_id = $2 AND o.id = $1 AND n.id = $3 AND r.phone_hmac = n.phone_hmac
        """,
        moving.old,
        org_id,
        moving.new,
    )


async def _destroy(tx: Transaction, imports: Sequence[UUID]) -> None:
    """What was typed goes; what became of it stays. What was not confirmed never will be."""
    ids = list(imports)
    await lock_lists(tx, ids)
    await tx.execute("DELETE FROM keys.people_import_key WHERE import_id = ANY($1::uuid[])", ids)
    await tx.execute("DELETE FROM vault.people_import_row WHERE import_id = ANY($1::uuid[])", ids)
    await tx.execute("DELETE FROM vault.people_import WHERE import_id = ANY($1::uuid[])", ids)
    await tx.execute(
        "UPDATE people_import_row SET phone_hmac = NULL WHERE import_id = ANY($1::uuid[]) AND phone_hmac IS NOT NULL",
        ids,
    )
    await tx.execute(
        "UPDATE people_import SET state = 'expired' WHERE id = ANY($1::uuid[]) AND state IN ('previewed', 'writing')",
        ids,
    )


async def _insert(tx: Transaction, scope: ListScope, new: NewPeopleImport, at: datetime) -> None:
    if not await tx.fetchval(
        "SELECT true FROM broadcast WHERE id = $1 AND org_id = $2", scope.broadcast_id, scope.org_id
    ):
        raise BroadcastNotFound
    await tx.execute(
        """
        INSERT INTO people_import (id, org_id, broadcast_id, kind, employer_id, collection_id, channel_id, given,
            file_name, state, totals, sheets, done, account_id, by_name, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'previewed', $10, $11, 0, $12, $13, $14)
        """,
        new.id,
        scope.org_id,
        scope.broadcast_id,
        new.kind,
        scope.employer_id,
        scope.collection_id,
        new.channel_id,
        new.given,
        new.file_name,
        new.totals.model_dump(mode="json"),
        [sheet.model_dump(mode="json") for sheet in new.sheets],
        scope.by.account_id,
        scope.by.name,
        at,
    )


def _row(row: asyncpg.Record, typed: Mapping[str, str]) -> PeopleImportRow:
    return PeopleImportRow(
        nth=row["nth"],
        sheet=row["sheet"],
        row=row["row"],
        verdict=row["verdict"],
        typed=_masked(typed),
        result=row["result"],
        **{name: value for name, value in row["body"].items() if name != "job_id"},
    )


_SHOWN = ("number", "name", "phone", "job", "employer", "result", "reason", "day", "applied_at", "comment")


def _masked(typed: Mapping[str, str]) -> dict[str, str]:
    """Enough to find the row in one's own workbook; who wants to read more opens the application, which is recorded."""
    shown = {name: typed[name] for name in _SHOWN if name in typed}
    if "name" in shown:
        shown["name"] = mask_name(shown["name"])
    # A number may stand in any cell; days are none.
    return {
        name: text if name in ("day", "applied_at") else _DIGITS.sub(_starred, text) for name, text in shown.items()
    }


# What might be a number in full, in whatever digits and with whatever between them; times of the day are none.
_DIGIT = r"[\d〇零幺一二三四五六七八九⓪①-⑨]"
_DIGITS = re.compile(
    rf"{MOBILE.pattern}|(?!{MOBILE.pattern}){_DIGIT}(?:(?:[^\w:：]|_){{0,3}}(?!{MOBILE.pattern}){_DIGIT}){{6,}}"
)


def _starred(found: re.Match[str]) -> str:
    digits = "".join(re.findall(_DIGIT, found[0]))
    return f"{digits[-11:][:3]}****{digits[-4:] if len(digits) > 10 else ''}"


def _body(row: asyncpg.Record, scope: ListScope, at: datetime) -> PeopleImportBody:
    state = row["state"]
    if state in ("previewed", "writing") and at - row["created_at"] >= KEPT_FOR:
        state = "expired"
    return PeopleImportBody(
        id=row["id"],
        kind=row["kind"],
        file_name=row["file_name"],
        state=state,
        totals=PeopleTotals.model_validate(row["totals"]),
        sheets=tuple(SkippedSheet.model_validate(sheet) for sheet in row["sheets"]),
        done=row["done"],
        given=row["given"],
        channel=row["channel"],
        by_link=row["collection_id"] is not None,
        can_confirm=state in ("previewed", "writing") and is_mine(row, scope),
        can_undo=state == "confirmed"
        and at - row["confirmed_at"] < KEPT_FOR
        and (is_mine(row, scope) or row["collection_id"] is not None),
        can_take_faulty=row["readable"] and at - row["created_at"] < KEPT_FOR and brought(row, scope),
        by=row["by_name"],
        at=row["created_at"],
        confirmed_at=row["confirmed_at"],
        undone_at=row["undone_at"],
    )
