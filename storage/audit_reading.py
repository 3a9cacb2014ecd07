"""The audit, read: rows of one organisation without what names an applicant or a receiver."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from storage.pool import Database, Transaction
from stream_jobs.domain.audited import act_of, told, without_numbers
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports.audit import AuditEntry, AuditFilter

_ROWS = """
    SELECT number, at, account_id, actor, action, subject, purpose, detail FROM audit
    WHERE org_id = $1 AND ($2::bigint IS NULL OR number < $2)
        AND ($3::text IS NULL OR subject = $3 OR split_part(subject, ':', 2) = $3)
        AND ($4::uuid IS NULL OR account_id = $4) AND ($5::text IS NULL OR action = $5)
        AND ($6::timestamptz IS NULL OR at >= $6) AND ($7::timestamptz IS NULL OR at < $7)
    ORDER BY number DESC LIMIT $8
"""
_NAMES = """
    SELECT id, name FROM employer WHERE id = ANY($1::uuid[])
    UNION ALL SELECT id, title FROM job WHERE id = ANY($1::uuid[])
    UNION ALL SELECT id, name FROM account WHERE id = ANY($1::uuid[])
    UNION ALL SELECT id, name FROM organisation WHERE id = ANY($1::uuid[])
    UNION ALL
    SELECT p.id, b.title || ' ' || lpad(p.number::text, greatest(4, length(p.number::text)), '0')
    FROM application p JOIN broadcast b ON b.id = p.broadcast_id WHERE p.id = ANY($1::uuid[])
"""


class AuditReading:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(
        self, org_id: OrgId, wanted: AuditFilter, *, before: int | None, limit: int
    ) -> tuple[AuditEntry, ...]:
        async with self._database.transaction(org_id) as tx:
            rows = await tx.fetch(
                _ROWS,
                org_id,
                before,
                wanted.subject,
                wanted.account_id,
                wanted.action,
                wanted.since,
                wanted.until,
                limit,
            )
            names = await _names(tx, rows)
        return tuple(_entry(row, names) for row in rows)

    async def everywhere(self, wanted: AuditFilter, *, limit: int) -> list[tuple[OrgId, AuditEntry]]:
        """Of all organisations together, the newest first: for whoever runs the server."""
        found = [
            (org_id, entry)
            for org_id in await self._database.tenants()
            for entry in await self.listed(org_id, wanted, before=None, limit=limit)
        ]
        return sorted(found, key=lambda one: (one[1].at, one[1].number), reverse=True)[:limit]


async def _names(tx: Transaction, rows: Sequence[asyncpg.Record]) -> Mapping[str, str]:
    """By the id of what these rows are of, what has a name that is nobody's own."""
    ids = [id_ for row in rows if (id_ := _id(row["subject"])) is not None]
    return {str(row["id"]): row["name"] for row in await tx.fetch(_NAMES, ids)}


def _id(subject: str) -> UUID | None:
    try:
        return UUID(_bare(subject))
    except ValueError:
        return None


def _bare(subject: str) -> str:
    """Some subjects say what they are: job:…"""
    return subject.rpartition(":")[2]


def _entry(row: asyncpg.Record, names: Mapping[str, str]) -> AuditEntry:
    act = act_of(row["action"])
    nameless = act is not None and act.by_link and row["account_id"] is None
    return AuditEntry(
        number=row["number"],
        at=row["at"],
        account_id=row["account_id"],
        actor=None if nameless else row["actor"],
        action=row["action"],
        name=act.zh if act else row["action"],
        name_en=act.en if act else row["action"],
        subject_kind=act.subject if act else None,
        subject=_bare(row["subject"]),
        subject_name=names.get(_bare(row["subject"])),
        purpose=without_numbers(row["purpose"]),
        detail=told(row["detail"]),
    )
