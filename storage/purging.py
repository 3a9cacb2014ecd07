"""What its period has ended for: found, counted, taken."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from storage.audit import write_audit
from storage.erasing import erase
from storage.locking import hold_people, lock_people
from storage.pool import Database, Transaction
from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.domain.vetting import china_date
from stream_jobs.ports import By
from stream_jobs.ports.purging import Periods, PurgeClass, PurgeCount


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows t of one table that are due: of the organisation $1, from before $2; $3 is the day of legal holds.

    of_person: they belong to a person, and stay under a legal hold. with_them: tables whose rows refer to one of these,
    and by which column. only: the column that is emptied, where the rest of the row stays.
    """

    kind: PurgeClass
    table: str
    due: str
    of_person: bool = False
    with_them: Sequence[tuple[str, str]] = ()
    only: str | None = None

    @property
    def which(self) -> str:
        held = f"AND NOT {_HELD.format('t')}" if self.of_person else "AND $3::date IS NOT NULL"
        return f"{self.table} t WHERE t.org_id = $1 AND {self.due} {held}"

    @property
    def taking(self) -> str:
        if self.only:
            return f"UPDATE {self.table} t SET {self.only} = NULL FROM"  # noqa: S608  # constants
        return f"DELETE FROM {self.table} t USING"  # noqa: S608  # constants


_HELD = "EXISTS (SELECT FROM legal_hold l WHERE l.person_id = {}.person_id AND l.lifted_at IS NULL AND l.until >= $3)"


def _of_nobody(applications: str) -> str:
    """None of these applications p is of anybody who is kept."""
    return f"""NOT EXISTS (
        SELECT FROM application p WHERE {applications}
            AND (EXISTS (SELECT FROM keys.person_key k WHERE k.person_id = p.person_id) OR {_HELD.format("p")}))
    """  # noqa: S608  # constants of this module


# Staff have accounts, and what applicants do themselves says no name.
_BY_LINK = f"t.at < $2 AND t.account_id IS NULL AND t.by_name IS NOT NULL AND {_of_nobody('p.id = t.application_id')}"
# A show that never ended keeps its keys; a link, as long as a list is kept that came by it; a receiver's name, as long
# as anybody who was on the list.
_ROWS = (
    _Rows(PurgeClass.RESUMES, "vault.resume", "t.at < $2", of_person=True),
    # Their bytes go with the next sweep.
    _Rows(PurgeClass.RESUME_FILES, "vault.resume_file", "t.at < $2", of_person=True),
    _Rows(
        PurgeClass.COMMAND_KEYS,
        "host_command",
        "t.at < $2 AND EXISTS (SELECT FROM broadcast b WHERE b.id = t.broadcast_id AND b.ended_at < $2)",
    ),
    _Rows(PurgeClass.SESSIONS, "session", "t.expires_at < $2"),
    _Rows(PurgeClass.PHONE_CODES, "phone_code", "t.until < $2"),
    _Rows(
        PurgeClass.EXPORT_RECORDS,
        "export",
        "t.asked_at < $2 AND t.object_key IS NULL AND t.state IN ('failed', 'expired', 'destroyed')",
    ),
    _Rows(PurgeClass.NOTICE_RECORDS, "employer_notice", "t.asked_at < $2"),
    _Rows(
        PurgeClass.PEOPLE_LISTS,
        "people_import",
        "t.created_at < $2 AND NOT EXISTS (SELECT FROM keys.people_import_key k WHERE k.import_id = t.id)",
        with_them=(("people_import_row", "import_id"),),
    ),
    _Rows(
        PurgeClass.COLLECTION_LINKS,
        "collection",
        "t.expires_at < $2 AND NOT EXISTS (SELECT FROM people_import i WHERE i.collection_id = t.id)",
        with_them=(("collection_ticket", "collection_id"),),
    ),
    _Rows(
        PurgeClass.RECEIVERS,
        "hand_over",
        f"""t.at < $2 AND t.receiver IS NOT NULL AND {
            _of_nobody("p.broadcast_id = t.broadcast_id AND p.employer_id = t.employer_id AND p.at <= t.at")
        }""",
        only="receiver",
    ),
    _Rows(PurgeClass.RECEIVERS, "application_event", _BY_LINK, only="by_name"),
    _Rows(PurgeClass.RECEIVERS, "follow_up", _BY_LINK, only="by_name"),
    _Rows(
        PurgeClass.JOB_LISTS,
        "job_import",
        "coalesce(t.undone_at, t.confirmed_at, t.created_at) < $2",
        with_them=(("import_row", "import_id"),),
    ),
)


# Consents name the last day; without one the period counts from applying, and of who never applied from when they last
# proved their number. A person whose key is gone was erased.
def _due_people(whom: str = "") -> str:
    """Of all, or of whom alone: a condition with the person's id in braces."""
    return f"""
        SELECT person_id FROM (
            SELECT p.person_id, max(coalesce(c.until, (p.at + $3)::date)) AS until
            FROM application p JOIN keys.person_key k ON k.person_id = p.person_id
            LEFT JOIN LATERAL (SELECT max(c.until) AS until FROM consent c WHERE c.application_id = p.id) c ON true
            WHERE p.org_id = $1 {whom.format("p.person_id")} GROUP BY p.person_id
            UNION ALL
            SELECT e.id, (greatest(e.created_at, max(v.at)) + $3)::date
            FROM person e JOIN keys.person_key k ON k.person_id = e.id LEFT JOIN verified_phone v ON v.person_id = e.id
            WHERE e.org_id = $1 {whom.format("e.id")}
                AND NOT EXISTS (SELECT FROM application p WHERE p.person_id = e.id) GROUP BY e.id
        ) kept WHERE until < $2 ORDER BY until, person_id LIMIT $4
    """  # noqa: S608  # constants of this module


_PEOPLE = _due_people()
_ONE_PERSON = _due_people("AND {} = $5")


class PurgeStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def organisations(self) -> Sequence[OrgId]:
        return await self._database.tenants()

    async def people_due(self, org_id: OrgId, periods: Periods, at: datetime, *, most: int) -> Sequence[PersonId]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(_PEOPLE, org_id, china_date(at), periods.people_after, most)
        return [row["person_id"] for row in rows]

    async def erase_due(self, org_id: OrgId, person_id: PersonId, periods: Periods, *, by: By, at: datetime) -> bool:
        async with self._database.transaction(org_id) as tx:
            # Whoever applies, or proves their number, just now has done so by the time we look.
            await lock_people(tx, [person_id])
            if not await tx.fetchval(_ONE_PERSON, org_id, china_date(at), periods.people_after, 1, person_id):
                return False
            await erase(tx, org_id, person_id, why="retention", by=by.name, at=at)
        return True

    async def rows_due(self, org_id: OrgId, periods: Periods, at: datetime) -> Sequence[PurgeCount]:
        async with self._database.transaction(org_id, one_moment=True) as tx:
            return [PurgeCount(kind=rows.kind, due=await _due(tx, org_id, rows, periods, at), done=0) for rows in _ROWS]

    async def take_rows(self, org_id: OrgId, periods: Periods, at: datetime) -> Sequence[PurgeCount]:
        counts = []
        async with self._database.transaction(org_id) as tx:
            # Whoever puts one of them under a legal hold comes before, and their rows stay, or after.
            await hold_people(tx, await _whose(tx, org_id, periods, at))
            for rows in _ROWS:
                gone = await _take(tx, org_id, rows, periods, at)
                counts.append(PurgeCount(kind=rows.kind, due=gone, done=gone))
        return counts

    async def record(self, org_id: OrgId, counts: Sequence[PurgeCount], *, by: By, at: datetime) -> None:
        taken = Counter[str]()
        for count in counts:
            taken[count.kind.value] += count.done
        taken = +taken
        if not taken:
            return
        async with self._database.transaction(org_id) as tx:
            await write_audit(tx, org_id, by=by, action="purge", subject=str(org_id), purpose=None, detail=taken, at=at)


def _before(rows: _Rows, periods: Periods, at: datetime) -> datetime:
    own = {
        PurgeClass.RESUMES: periods.resumes,
        PurgeClass.RESUME_FILES: periods.resumes,
        PurgeClass.COMMAND_KEYS: periods.keys,
        PurgeClass.PHONE_CODES: timedelta(),
    }
    return at - own.get(rows.kind, periods.records)


async def _due(tx: Transaction, org_id: OrgId, rows: _Rows, periods: Periods, at: datetime) -> int:
    before = _before(rows, periods, at)
    return int(await tx.fetchval(f"SELECT count(*) FROM {rows.which}", org_id, before, at.date()))  # noqa: S608  # a constant


async def _whose(tx: Transaction, org_id: OrgId, periods: Periods, at: datetime) -> set[UUID]:
    """Whom the rows that are due belong to, where they belong to a person."""
    people: set[UUID] = set()
    for rows in _ROWS:
        if rows.of_person:
            before, which = _before(rows, periods, at), rows.which
            found = await tx.fetch(f"SELECT DISTINCT t.person_id FROM {which}", org_id, before, at.date())  # noqa: S608  # a constant
            people |= {row["person_id"] for row in found}
    return people


async def _take(tx: Transaction, org_id: OrgId, rows: _Rows, periods: Periods, at: datetime) -> int:
    """Those nobody else has at the moment: the others go tomorrow."""
    with_them = "".join(
        f", {table}_gone AS (DELETE FROM {table} w USING due WHERE w.{column} = due.id)"  # noqa: S608  # constants
        for table, column in rows.with_them
    )
    named = "t.ctid, t.id" if rows.with_them else "t.ctid"
    chosen = f"SELECT {named} FROM {rows.which} FOR UPDATE OF t SKIP LOCKED"  # noqa: S608  # constants
    gone = await tx.fetch(
        f"""
        WITH due AS MATERIALIZED ({chosen}){with_them}
        {rows.taking} due WHERE t.ctid = due.ctid RETURNING 1
        """,
        org_id,
        _before(rows, periods, at),
        at.date(),
    )
    return len(gone)
