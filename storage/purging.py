"""What its period has ended for: found, counted, taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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

    table: str
    due: str
    of_person: bool = False
    with_them: Sequence[tuple[str, str]] = ()
    only: str | None = None

    @property
    def which(self) -> str:
        held = f"AND NOT {_HELD}" if self.of_person else "AND $3::date IS NOT NULL"
        return f"{self.table} t WHERE t.org_id = $1 AND {self.due} {held}"

    @property
    def taking(self) -> str:
        if self.only:
            return f"UPDATE {self.table} t SET {self.only} = NULL FROM"  # noqa: S608  # constants
        return f"DELETE FROM {self.table} t USING"  # noqa: S608  # constants


_HELD = """EXISTS (
    SELECT FROM legal_hold l WHERE l.person_id = t.person_id AND l.lifted_at IS NULL AND l.until >= $3)
"""
# A show that never ended keeps its keys; a link, as long as a list is kept that came by it.
_ROWS = {
    PurgeClass.RESUMES: _Rows("vault.resume", "t.at < $2", of_person=True),
    # Their bytes go with the next sweep.
    PurgeClass.RESUME_FILES: _Rows("vault.resume_file", "t.at < $2", of_person=True),
    PurgeClass.COMMAND_KEYS: _Rows(
        "host_command",
        "t.at < $2 AND EXISTS (SELECT FROM broadcast b WHERE b.id = t.broadcast_id AND b.ended_at < $2)",
    ),
    PurgeClass.SESSIONS: _Rows("session", "t.expires_at < $2"),
    PurgeClass.EXPORT_RECORDS: _Rows(
        "export", "t.asked_at < $2 AND t.object_key IS NULL AND t.state IN ('failed', 'expired', 'destroyed')"
    ),
    PurgeClass.NOTICE_RECORDS: _Rows("employer_notice", "t.asked_at < $2"),
    PurgeClass.PEOPLE_LISTS: _Rows(
        "people_import",
        "t.created_at < $2 AND NOT EXISTS (SELECT FROM keys.people_import_key k WHERE k.import_id = t.id)",
        with_them=(("people_import_row", "import_id"),),
    ),
    PurgeClass.COLLECTION_LINKS: _Rows(
        "collection",
        "t.expires_at < $2 AND NOT EXISTS (SELECT FROM people_import i WHERE i.collection_id = t.id)",
        with_them=(("collection_ticket", "collection_id"),),
    ),
    PurgeClass.RECEIVERS: _Rows("hand_over", "t.at < $2 AND t.receiver IS NOT NULL", only="receiver"),
    PurgeClass.JOB_LISTS: _Rows(
        "job_import",
        "coalesce(t.undone_at, t.confirmed_at, t.created_at) < $2",
        with_them=(("import_row", "import_id"),),
    ),
}


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
            return [
                PurgeCount(kind=kind, due=await _due(tx, org_id, kind, before, at), done=0)
                for kind, before in _befores(periods, at)
            ]

    async def take_rows(self, org_id: OrgId, periods: Periods, at: datetime) -> Sequence[PurgeCount]:
        counts = []
        async with self._database.transaction(org_id) as tx:
            # Whoever puts one of them under a legal hold comes before, and their rows stay, or after.
            await hold_people(tx, await _whose(tx, org_id, periods, at))
            for kind, before in _befores(periods, at):
                gone = await _take(tx, org_id, _ROWS[kind], before, at)
                counts.append(PurgeCount(kind=kind, due=gone, done=gone))
        return counts

    async def record(self, org_id: OrgId, counts: Sequence[PurgeCount], *, by: By, at: datetime) -> None:
        taken = {count.kind.value: count.done for count in counts if count.done}
        if not taken:
            return
        async with self._database.transaction(org_id) as tx:
            await write_audit(tx, org_id, by=by, action="purge", subject=str(org_id), purpose=None, detail=taken, at=at)


def _befores(periods: Periods, at: datetime) -> list[tuple[PurgeClass, datetime]]:
    return [
        (PurgeClass.RESUMES, at - periods.resumes),
        (PurgeClass.RESUME_FILES, at - periods.resumes),
        (PurgeClass.COMMAND_KEYS, at - periods.keys),
        (PurgeClass.SESSIONS, at - periods.records),
        (PurgeClass.EXPORT_RECORDS, at - periods.records),
        (PurgeClass.NOTICE_RECORDS, at - periods.records),
        (PurgeClass.PEOPLE_LISTS, at - periods.records),
        (PurgeClass.COLLECTION_LINKS, at - periods.records),
        (PurgeClass.RECEIVERS, at - periods.people_after),
        (PurgeClass.JOB_LISTS, at - periods.records),
    ]


async def _due(tx: Transaction, org_id: OrgId, kind: PurgeClass, before: datetime, at: datetime) -> int:
    return int(await tx.fetchval(f"SELECT count(*) FROM {_ROWS[kind].which}", org_id, before, at.date()))  # noqa: S608  # a constant


async def _whose(tx: Transaction, org_id: OrgId, periods: Periods, at: datetime) -> set[UUID]:
    """Whom the rows that are due belong to, where they belong to a person."""
    people: set[UUID] = set()
    for kind, before in _befores(periods, at):
        if _ROWS[kind].of_person:
            which = _ROWS[kind].which
            rows = await tx.fetch(f"SELECT DISTINCT t.person_id FROM {which}", org_id, before, at.date())  # noqa: S608  # a constant
            people |= {row["person_id"] for row in rows}
    return people


async def _take(tx: Transaction, org_id: OrgId, rows: _Rows, before: datetime, at: datetime) -> int:
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
        before,
        at.date(),
    )
    return len(gone)
