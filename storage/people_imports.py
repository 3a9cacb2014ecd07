"""Lists of people that came in as workbooks: kept sealed for a day, written once, taken back."""

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from storage.keeping import KEEPERS, Keeper, Moving
from storage.moves import IN_SCOPE, move_all, undo_batch
from storage.people import People
from storage.pool import Database, Transaction
from storage.terms import Terms, terms_of
from storage.vault import KEY_BYTES
from stream_jobs.domain.errors import (
    BroadcastNotFound,
    ImportDone,
    ImportNotFound,
    JobClosed,
    JobFull,
    JobPaused,
    UndoOver,
)
from stream_jobs.domain.following import Reason, State
from stream_jobs.domain.ids import ApplicationId, ChannelId, JobId, OrgId, PeopleImportId, PersonId, uuid7
from stream_jobs.domain.model import CardKind, card_label
from stream_jobs.domain.people_sheet.columns import Kind
from stream_jobs.domain.people_sheet.matching import Candidate, JobChoice
from stream_jobs.domain.phone import mask_name
from stream_jobs.ports import Move, VerdictKind
from stream_jobs.ports.imports import SkippedSheet
from stream_jobs.ports.people_imports import (
    ApplicantRow,
    ApplicantRows,
    ListScope,
    NewPeopleImport,
    NewPeopleRow,
    PeopleImportBody,
    PeopleImportRow,
    PeopleTotals,
    RowWritten,
)

# As long as what was typed can be read, and the whole be taken back.
KEPT_FOR = timedelta(days=1)
LISTED = 50

# An organiser reads, and takes back, what came by links, too.
_READ = """
    i.org_id = $1 AND i.broadcast_id = $2 AND ($3::uuid IS NULL OR i.employer_id = $3)
    AND ($4::uuid IS NULL OR i.collection_id = $4)
"""
_SELECT = """
    SELECT i.id, i.kind, i.file_name, i.state, i.totals, i.sheets, i.done, i.given, n.name AS channel,
        i.collection_id, i.employer_id, i.by_name, i.created_at, i.confirmed_at, i.undone_at
    FROM people_import i LEFT JOIN channel n ON n.id = i.channel_id
"""


class PeopleImportStore:
    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    # ── whom a list speaks of ─────────────────────────────────────────────────────────────────────────────────

    async def candidates(
        self, scope: ListScope, numbers: Sequence[int], phones: Sequence[str], *, everyone: bool = False
    ) -> Sequence[Candidate]:
        hashes = {self._people.vault.phone_hmac(scope.org_id, phone): phone for phone in phones}
        async with self._database.transaction(scope.org_id) as tx:
            rows = await tx.fetch(
                f"""
                SELECT p.id, p.number, e.phone_hmac, p.job_id, c.kind, c.number AS card, j.title, p.state,
                    ({IN_SCOPE}) IS NOT TRUE AS guarded, (
                        SELECT u.kind FROM follow_up u WHERE u.application_id = p.id AND u.kind <> 'note'
                        ORDER BY u.at DESC, u.id DESC LIMIT 1
                    ) AS last_done
                FROM application p JOIN person e ON e.id = p.person_id JOIN keys.person_key k ON k.person_id = e.id
                JOIN card c ON c.id = p.card_id JOIN job j ON j.id = p.job_id
                WHERE p.broadcast_id = $1 AND p.org_id = $2 AND ($6 OR $3::uuid IS NULL OR p.employer_id = $3)
                    AND (p.number = ANY($4::int[]) OR e.phone_hmac = ANY($5::bytea[]))
                """,  # noqa: S608  # a constant of this package
                scope.broadcast_id,
                scope.org_id,
                scope.employer_id,
                list(numbers),
                list(hashes),
                everyone,
            )
        return [_candidate(row, hashes) for row in rows]

    async def jobs(self, scope: ListScope, at: datetime) -> Sequence[JobChoice]:
        async with self._database.transaction(scope.org_id) as tx:
            cards = await tx.fetch(
                """
                SELECT c.job_id, c.kind, c.number, j.title, m.name AS employer FROM card c
                JOIN job j ON j.id = c.job_id JOIN employer m ON m.id = j.employer_id
                WHERE c.broadcast_id = $1 AND c.org_id = $2
                """,
                scope.broadcast_id,
                scope.org_id,
            )
            terms = await terms_of(tx, scope.org_id, scope.broadcast_id, [card["job_id"] for card in cards])
        closed = {job: _closed(one, at) for job, one in terms.items()}
        return [
            JobChoice(
                card["job_id"],
                card_label(CardKind(card["kind"]), card["number"]),
                card["title"],
                card["employer"],
                closed.get(card["job_id"]),
            )
            for card in cards
        ]

    async def has_channel(self, scope: ListScope, channel_id: ChannelId) -> bool:
        async with self._database.transaction(scope.org_id) as tx:
            return bool(
                await tx.fetchval(
                    "SELECT true FROM channel WHERE id = $1 AND broadcast_id = $2 AND org_id = $3",
                    channel_id,
                    scope.broadcast_id,
                    scope.org_id,
                )
            )

    # ── keeping and reading ───────────────────────────────────────────────────────────────────────────────────

    async def add(self, scope: ListScope, new: NewPeopleImport, at: datetime) -> None:
        vault, key = self._people.vault, secrets.token_bytes(KEY_BYTES)
        async with self._database.transaction(scope.org_id) as tx:
            await _insert(tx, scope, new, at)
            await tx.execute(
                "INSERT INTO keys.people_import_key (import_id, org_id, wrapped) VALUES ($1, $2, $3)",
                new.id,
                scope.org_id,
                vault.wrap_for("keys.people_import_key", new.id, key),
            )
            await tx.execute(
                "INSERT INTO vault.people_import (import_id, org_id, content) VALUES ($1, $2, $3)",
                new.id,
                scope.org_id,
                vault.seal_bytes(key, "vault.people_import.content", new.id, new.content),
            )
            await tx.executemany(
                """
                INSERT INTO people_import_row (import_id, nth, org_id, sheet, row, verdict, body, application_id, key,
                    phone_hmac)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """,
                [self._stored(scope.org_id, new.id, row) for row in new.rows],
            )
            await tx.executemany(
                "INSERT INTO vault.people_import_row (import_id, nth, org_id, said) VALUES ($1, $2, $3, $4)",
                [
                    (new.id, row.nth, scope.org_id, vault.seal(key, _SAID, row.key, json.dumps(dict(row.said))))
                    for row in new.rows
                    if row.said
                ],
            )

    def _stored(self, org_id: OrgId, import_id: PeopleImportId, row: NewPeopleRow) -> tuple[object, ...]:
        phone_hmac = self._people.vault.phone_hmac(org_id, row.phone) if row.phone else None
        start = (import_id, row.nth, org_id, row.sheet, row.row, row.verdict, dict(row.body))
        return (*start, row.application_id, row.key, phone_hmac)

    async def listed(self, scope: ListScope, at: datetime) -> Sequence[PeopleImportBody]:
        async with self._database.transaction(scope.org_id) as tx:
            rows = await tx.fetch(
                f"{_SELECT} WHERE {_READ} ORDER BY i.created_at DESC, i.id DESC LIMIT {LISTED}", *_given(scope)
            )
        return [_body(row, scope, at) for row in rows]

    async def one(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> PeopleImportBody:
        async with self._database.transaction(scope.org_id) as tx:
            row = await tx.fetchrow(f"{_SELECT} WHERE {_READ} AND i.id = $5", *_given(scope), import_id)
        if row is None:
            raise ImportNotFound
        return _body(row, scope, at)

    async def rows(
        self, scope: ListScope, import_id: PeopleImportId, verdict: VerdictKind | None, offset: int, limit: int
    ) -> Sequence[PeopleImportRow]:
        async with self._database.transaction(scope.org_id) as tx:
            if not await tx.fetchval(
                f"SELECT true FROM people_import i WHERE {_READ} AND i.id = $5",  # noqa: S608  # of this module
                *_given(scope),
                import_id,
            ):
                raise ImportNotFound
            key = await self._key(tx, import_id)
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
        return [
            PeopleImportRow(
                nth=row["nth"],
                sheet=row["sheet"],
                row=row["row"],
                verdict=row["verdict"],
                typed=_masked(self._said(key, row).get("typed", {})),
                result=row["result"],
                **_shown(row["body"]),
            )
            for row in rows
        ]

    async def content(self, scope: ListScope, import_id: PeopleImportId) -> tuple[str, bytes]:
        async with self._database.transaction(scope.org_id) as tx:
            row = await tx.fetchrow(
                f"""
                SELECT i.file_name, v.content FROM people_import i
                LEFT JOIN vault.people_import v ON v.import_id = i.id WHERE {_READ} AND i.id = $5
                """,  # noqa: S608  # a constant of this module
                *_given(scope),
                import_id,
            )
            key = await self._key(tx, import_id)
        if row is None:
            raise ImportNotFound
        if key is None:
            raise ImportDone
        return row["file_name"], self._people.vault.open_bytes(
            key, "vault.people_import.content", import_id, row["content"]
        )

    async def _key(self, tx: Transaction, import_id: PeopleImportId) -> bytes | None:
        wrapped = await tx.fetchval("SELECT wrapped FROM keys.people_import_key WHERE import_id = $1", import_id)
        return self._people.vault.unwrap_for("keys.people_import_key", import_id, wrapped) if wrapped else None

    def _said(self, key: bytes | None, row: asyncpg.Record) -> Mapping[str, Any]:
        if key is None or row["said"] is None:
            return {}
        said: Mapping[str, Any] = json.loads(self._people.vault.open(key, _SAID, row["key"], row["said"]))
        return said

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────

    async def begin(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> Kind:
        async with self._database.transaction(scope.org_id) as tx:
            row = await _locked(tx, scope, import_id)
            if row["state"] not in ("previewed", "writing") or at - row["created_at"] >= KEPT_FOR:
                raise ImportDone
            await tx.execute("UPDATE people_import SET state = 'writing' WHERE id = $1", import_id)
        kind: Kind = row["kind"]
        return kind

    async def write_outcomes(self, scope: ListScope, import_id: PeopleImportId, at: datetime) -> None:
        async with self._database.transaction(scope.org_id) as tx:
            if (await _locked(tx, scope, import_id))["state"] != "writing":
                return
            key = await self._key(tx, import_id)
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
            results = await self._move(tx, scope, import_id, rows, at)
            for row in rows:
                if results.get(row["nth"]) not in ("moved", "unchanged", "noted"):
                    continue
                await self._note(tx, scope, import_id, row, self._said(key, row).get("said"), at)
            await _settle(tx, import_id, results)
            await tx.execute(
                "UPDATE people_import SET state = 'confirmed', confirmed_at = $2 WHERE id = $1", import_id, at
            )

    async def _move(
        self, tx: Transaction, scope: ListScope, import_id: PeopleImportId, rows: Sequence[asyncpg.Record], at: datetime
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
        await tx.executemany(
            "UPDATE application_event SET told_on = $3 WHERE application_id = $1 AND import_id = $2", days
        )
        return results

    async def _note(
        self,
        tx: Transaction,
        scope: ListScope,
        import_id: PeopleImportId,
        row: asyncpg.Record,
        said: str | None,
        at: datetime,
    ) -> None:
        kind = row["body"].get("done") or ("note" if said else None)
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
        if said:
            key = self._people.vault.unwrap(row["person_id"], row["wrapped"])
            await tx.execute(
                "INSERT INTO vault.follow_up (follow_up_id, org_id, person_id, said) VALUES ($1, $2, $3, $4)",
                id_,
                scope.org_id,
                row["person_id"],
                self._people.vault.seal(key, "vault.follow_up.said", id_, said),
            )

    async def next_applicants(self, scope: ListScope, import_id: PeopleImportId, limit: int) -> ApplicantRows:
        async with self._database.transaction(scope.org_id) as tx:
            head = await tx.fetchrow(
                "SELECT account_id, channel_id, given FROM people_import WHERE id = $1 AND org_id = $2",
                import_id,
                scope.org_id,
            )
            key = await self._key(tx, import_id)
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
            ApplicantRow(row["nth"], row["key"], JobId(UUID(row["body"]["job_id"])), said["phone"], said["name"])
            for row in rows
            if (said := self._said(key, row))
        ]
        return ApplicantRows(people, head["account_id"], head["channel_id"], head["given"])

    async def wrote(
        self, scope: ListScope, import_id: PeopleImportId, written: Sequence[RowWritten], at: datetime
    ) -> None:
        """The application is the row's own only where nobody had made it before."""
        async with self._database.transaction(scope.org_id) as tx:
            await _locked(tx, scope, import_id)
            await tx.executemany(
                """
                UPDATE people_import_row SET result = $3, application_id = (
                    SELECT t.application_id FROM receipt t WHERE t.id = $4 AND t.own)
                WHERE import_id = $1 AND nth = $2 AND result IS NULL
                """,
                [(import_id, one.nth, one.code or "recorded", one.receipt_id) for one in written],
            )
            await _count(tx, import_id)

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
            row = await _locked(tx, scope, import_id, of_links=True)
            if row["state"] != "confirmed":
                raise ImportDone
            if at - row["confirmed_at"] >= KEPT_FOR:
                raise UndoOver
            undo = _undo_outcomes if row["kind"] == "outcomes" else _undo_applicants
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
        async with self._database.transaction(None) as tx:
            orgs = [row["id"] for row in await tx.fetch("SELECT tenants() AS id")]
        gone = 0
        for org_id in orgs:
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


async def _move(tx: Transaction, org_id: OrgId, moving: Moving) -> None:
    """Lists that name the number which is given up are found by the one that is left."""
    await tx.execute(
        """
        UPDATE people_import_row r SET phone_hmac = o.phone_hmac FROM person o, person n
        WHERE r.org_id = $2 AND o.id = $1 AND n.id = $3 AND r.phone_hmac = n.phone_hmac
        """,
        moving.old,
        org_id,
        moving.new,
    )


KEEPERS.append(Keeper(forget=forget, move=_move))

_SAID = "vault.people_import_row.said"


async def _destroy(tx: Transaction, imports: Sequence[UUID]) -> None:
    """What was typed goes; what became of it stays. What was not confirmed never will be."""
    ids = list(imports)
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


async def _locked(
    tx: Transaction, scope: ListScope, import_id: PeopleImportId, *, of_links: bool = False
) -> asyncpg.Record:
    """of_links: also those that an employer brought by its link."""
    row = await tx.fetchrow(
        f"""
        SELECT i.kind, i.state, i.employer_id, i.collection_id, i.created_at, i.confirmed_at FROM people_import i
        WHERE {_READ} AND i.id = $5 FOR UPDATE
        """,  # noqa: S608  # a constant of this module
        *_given(scope),
        import_id,
    )
    if row is None or not (_is_mine(row, scope) or (of_links and row["collection_id"] is not None)):
        raise ImportNotFound
    return row


async def _settle(tx: Transaction, import_id: PeopleImportId, results: Mapping[int, str]) -> None:
    await tx.executemany(
        "UPDATE people_import_row SET result = $3 WHERE import_id = $1 AND nth = $2",
        [(import_id, nth, result) for nth, result in results.items()],
    )
    await _count(tx, import_id)


_WRITTEN = ("moved", "unchanged", "noted", "recorded")


async def _count(tx: Transaction, import_id: PeopleImportId) -> None:
    await tx.execute(
        """
        UPDATE people_import i SET done = n.done, totals = i.totals || jsonb_build_object('refused', n.refused)
        FROM (
            SELECT count(*) FILTER (WHERE result = ANY($2::text[])) AS done,
                count(*) FILTER (WHERE result IS NOT NULL AND result <> ALL($2::text[])) AS refused
            FROM people_import_row WHERE import_id = $1
        ) n WHERE i.id = $1
        """,
        import_id,
        list(_WRITTEN),
    )


async def _undo_outcomes(tx: Transaction, scope: ListScope, import_id: PeopleImportId, at: datetime) -> int:
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


async def _undo_applicants(tx: Transaction, scope: ListScope, import_id: PeopleImportId, at: datetime) -> int:
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
        WHERE r.import_id = $1 AND r.result = 'recorded' ORDER BY p.id FOR UPDATE OF p
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


def _is_mine(row: asyncpg.Record, scope: ListScope) -> bool:
    """Of a link: its own; of an employer or an organiser: those of the same reach."""
    return row["employer_id"] == scope.employer_id and scope.collection_id in (None, row["collection_id"])


_SHOWN = ("number", "name", "phone", "job", "employer", "result", "reason", "day", "applied_at")


def _masked(typed: Mapping[str, str]) -> dict[str, str]:
    """Enough to find the row in one's own workbook; who wants to read more opens the application, which is recorded."""
    shown = {name: typed[name] for name in _SHOWN if name in typed}
    if "name" in shown:
        shown["name"] = mask_name(shown["name"])
    # A number may stand in any cell; days are none.
    return {
        name: text if name in ("day", "applied_at") else _DIGITS.sub(_starred, text) for name, text in shown.items()
    }


# What might be a number in full, with whatever is put between its digits.
_DIGITS = re.compile(r"\d(?:[ -]?\d){6,}")


def _starred(found: re.Match[str]) -> str:
    digits = re.sub(r"[ -]", "", found[0])
    return f"{digits[:3]}****{digits[-4:] if len(digits) > 10 else ''}"


def _given(scope: ListScope) -> tuple[object, ...]:
    return scope.org_id, scope.broadcast_id, scope.employer_id, scope.collection_id


def _candidate(row: asyncpg.Record, hashes: Mapping[bytes, str]) -> Candidate:
    return Candidate(
        id=row["id"],
        number=row["number"],
        phone=hashes.get(row["phone_hmac"]),
        job_id=row["job_id"],
        job=f"{card_label(CardKind(row['kind']), row['card'])} {row['title']}",
        state=State(row["state"]),
        guarded=row["guarded"],
        last_done=row["last_done"],
    )


def _closed(terms: Terms, at: datetime) -> str | None:
    try:
        terms.must_be_open(at)
    except (JobPaused, JobFull, JobClosed) as refusal:
        return refusal.code
    return None


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


def _shown(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "job_id"}


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
        can_confirm=state in ("previewed", "writing") and _is_mine(row, scope),
        can_undo=state == "confirmed"
        and at - row["confirmed_at"] < KEPT_FOR
        and (_is_mine(row, scope) or row["collection_id"] is not None),
        by=row["by_name"],
        at=row["created_at"],
        confirmed_at=row["confirmed_at"],
        undone_at=row["undone_at"],
    )
