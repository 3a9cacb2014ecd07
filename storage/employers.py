"""Employers: who they are, and until when they count as verified."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import asyncpg

from storage.audit import write_audit
from storage.jobs import escaped
from storage.pool import Database, Transaction
from storage.tray_changes import tell_trays
from stream_jobs.domain.errors import EmployerNotFound
from stream_jobs.domain.ids import BroadcastId, EmployerId, OrgId
from stream_jobs.domain.programme import NameTaken
from stream_jobs.domain.vetting import china_date, verified_on
from stream_jobs.ports import By, EmployerFacts, EmployerRow


class EmployerStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(self, org_id: OrgId, search: str | None, at: datetime) -> Sequence[EmployerRow]:
        pattern = f"%{escaped(search)}%" if search else None
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(_LIST, org_id, pattern)
        return sorted((_row(row, at) for row in rows), key=lambda row: row.verified)

    async def employer(self, org_id: OrgId, employer_id: EmployerId, at: datetime) -> EmployerRow:
        async with self._database.transaction(org_id) as tx:
            row = await tx.fetchrow(_ONE, org_id, employer_id)
        if row is None:
            raise EmployerNotFound
        return _row(row, at)

    async def edit(
        self, org_id: OrgId, employer_id: EmployerId, facts: EmployerFacts, *, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            await _locked(tx, org_id, [employer_id])
            await _must_be_free(tx, org_id, employer_id, facts.name)
            await tx.execute(
                """
                UPDATE employer SET name = $2, full_name = $3, contact_name = $4, contact_phone = $5,
                    calls_within = $6, licence_no = $7, changed_at = $8
                WHERE id = $1
                """,
                employer_id,
                facts.name,
                facts.full_name,
                facts.contact_name,
                facts.contact_phone,
                facts.calls_within,
                facts.licence_no,
                at,
            )
            return await tell_trays(tx, org_id, "employer", [employer_id], at=at, by=by)

    async def verify(
        self,
        org_id: OrgId,
        employer_ids: Collection[EmployerId],
        *,
        today: date,
        until: date,
        who: str,
        seen: Sequence[str],
        at: datetime,
        by: By,
    ) -> Sequence[BroadcastId]:
        # In the order of their ids, so that two who verify many never wait for each other in a circle.
        ids = sorted(set(employer_ids))
        async with self._database.transaction(org_id) as tx:
            await _locked(tx, org_id, ids)
            await _set_verified(tx, ids, today, until, who)
            told = await tell_trays(tx, org_id, "employer", ids, at=at, by=by)
            for employer_id in ids:
                await write_audit(
                    tx,
                    org_id,
                    by=by,
                    action="employer.verified",
                    subject=f"employer:{employer_id}",
                    purpose=None,
                    detail={"until": until.isoformat(), "seen": list(seen)},
                    at=at,
                )
        return told

    async def unverify(
        self, org_id: OrgId, employer_id: EmployerId, *, reason: str, at: datetime, by: By
    ) -> Sequence[BroadcastId]:
        async with self._database.transaction(org_id) as tx:
            await _locked(tx, org_id, [employer_id])
            await _set_verified(tx, [employer_id], None, None, None)
            told = await tell_trays(tx, org_id, "employer", [employer_id], at=at, by=by)
            await write_audit(
                tx,
                org_id,
                by=by,
                action="employer.unverified",
                subject=f"employer:{employer_id}",
                purpose=reason,
                detail={},
                at=at,
            )
        return told


_SELECT = """
    SELECT m.id, m.name, m.full_name, m.contact_name, m.contact_phone, m.calls_within, m.licence_no, m.verified_at,
        m.verified_until, m.verified_by,
        (SELECT count(*) FROM job j WHERE j.employer_id = m.id AND j.removed_at IS NULL) AS jobs
    FROM employer m
"""
_LIST = f"""
    {_SELECT} WHERE m.org_id = $1 AND ($2::text IS NULL OR m.name ILIKE $2 OR m.full_name ILIKE $2)
    ORDER BY m.name
"""
_ONE = f"{_SELECT} WHERE m.org_id = $1 AND m.id = $2"


async def _locked(tx: Transaction, org_id: OrgId, ids: Sequence[EmployerId]) -> None:
    found = await tx.fetch(
        "SELECT id FROM employer WHERE id = ANY($1::uuid[]) AND org_id = $2 ORDER BY id FOR NO KEY UPDATE", ids, org_id
    )
    if len(found) < len(ids):
        raise EmployerNotFound


async def _must_be_free(tx: Transaction, org_id: OrgId, employer_id: EmployerId, name: str) -> None:
    other = await tx.fetchval(
        "SELECT id FROM employer WHERE org_id = $1 AND name = $2 AND id <> $3", org_id, name, employer_id
    )
    if other is not None:
        raise NameTaken(field="name")


async def _set_verified(
    tx: Transaction, ids: Sequence[EmployerId], at: date | None, until: date | None, who: str | None
) -> None:
    await tx.execute(
        "UPDATE employer SET verified_at = $2, verified_until = $3, verified_by = $4 WHERE id = ANY($1::uuid[])",
        ids,
        at,
        until,
        who,
    )


def _row(row: asyncpg.Record, at: datetime) -> EmployerRow:
    return EmployerRow(
        verified=verified_on(china_date(at), row["verified_at"], row["verified_until"]), **dict(row.items())
    )
