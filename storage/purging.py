"""What its period has ended for: found, counted, taken."""

from collections.abc import Sequence
from datetime import datetime

from storage.audit import write_audit
from storage.pool import Database, Transaction
from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.domain.vetting import china_date
from stream_jobs.ports import By
from stream_jobs.ports.purging import Periods, PurgeClass, PurgeCount

# $1 the organisation, $2 the moment before which. A show that never ended keeps its keys.
_ROWS = {
    PurgeClass.RESUMES: "vault.resume t WHERE t.org_id = $1 AND t.at < $2",
    # Their bytes go with the next sweep.
    PurgeClass.RESUME_FILES: "vault.resume_file t WHERE t.org_id = $1 AND t.at < $2",
    PurgeClass.COMMAND_KEYS: """
        host_command t WHERE t.org_id = $1 AND t.at < $2
        AND EXISTS (SELECT FROM broadcast b WHERE b.id = t.broadcast_id AND b.ended_at < $2)
    """,
    PurgeClass.SESSIONS: "session t WHERE t.org_id = $1 AND t.expires_at < $2",
    PurgeClass.EXPORT_RECORDS: """
        export t WHERE t.org_id = $1 AND t.asked_at < $2 AND t.object_key IS NULL
        AND t.state IN ('failed', 'expired', 'destroyed')
    """,
    PurgeClass.NOTICE_RECORDS: "employer_notice t WHERE t.org_id = $1 AND t.asked_at < $2",
}

# Consents name the last day; without one the period counts from applying, and of who never applied from when they last
# proved their number. A person whose key is gone was erased.
_PEOPLE = """
    SELECT person_id FROM (
        SELECT p.person_id, max(coalesce(c.until, (p.at + $3)::date)) AS until
        FROM application p JOIN keys.person_key k ON k.person_id = p.person_id
        LEFT JOIN LATERAL (SELECT max(c.until) AS until FROM consent c WHERE c.application_id = p.id) c ON true
        WHERE p.org_id = $1 GROUP BY p.person_id
        UNION ALL
        SELECT e.id, (greatest(e.created_at, max(v.at)) + $3)::date
        FROM person e JOIN keys.person_key k ON k.person_id = e.id LEFT JOIN verified_phone v ON v.person_id = e.id
        WHERE e.org_id = $1 AND NOT EXISTS (SELECT FROM application p WHERE p.person_id = e.id) GROUP BY e.id
    ) kept WHERE until < $2 ORDER BY until, person_id LIMIT $4
"""


class PurgeStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def organisations(self) -> Sequence[OrgId]:
        return await self._database.tenants()

    async def people_due(self, org_id: OrgId, periods: Periods, at: datetime, *, most: int) -> Sequence[PersonId]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(_PEOPLE, org_id, china_date(at), periods.people_after, most)
        return [row["person_id"] for row in rows]

    async def rows_due(self, org_id: OrgId, periods: Periods, at: datetime) -> Sequence[PurgeCount]:
        async with self._database.transaction(org_id, one_moment=True) as tx:
            return [
                PurgeCount(kind=kind, due=await _due(tx, org_id, kind, before), done=0)
                for kind, before in _befores(periods, at)
            ]

    async def take_rows(self, org_id: OrgId, periods: Periods, at: datetime) -> Sequence[PurgeCount]:
        counts = []
        async with self._database.transaction(org_id) as tx:
            for kind, before in _befores(periods, at):
                gone = len(await tx.fetch(f"DELETE FROM {_ROWS[kind]} RETURNING 1", org_id, before))  # noqa: S608  # above
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
    ]


async def _due(tx: Transaction, org_id: OrgId, kind: PurgeClass, before: datetime) -> int:
    return int(await tx.fetchval(f"SELECT count(*) FROM {_ROWS[kind]}", org_id, before))  # noqa: S608  # a constant
