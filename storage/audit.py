"""Who did what with personal data: append-only, each row bound to the one before by its hash."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from storage.pool import Database, Transaction
from stream_jobs.domain.audit import RULE, AuditFault, AuditHead, AuditRow, ChainCheck, row_hash
from stream_jobs.domain.audited import AuditAction
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports import By

ROWS_AT_ONCE = 5_000


async def write_audit(
    tx: Transaction,
    org_id: OrgId,
    *,
    by: By,
    action: AuditAction,
    subject: str,
    purpose: str | None,
    detail: Mapping[str, object],
    at: datetime,
) -> None:
    """Appends one row in the caller's transaction; detail holds no personal data."""
    await tx.execute(
        "INSERT INTO audit_head (org_id, number, hash) VALUES ($1, 0, ''::bytea) ON CONFLICT DO NOTHING", org_id
    )
    head = await tx.fetchrow("SELECT number, hash FROM audit_head WHERE org_id = $1 FOR UPDATE", org_id)
    if head is None:
        raise AssertionError("the head was inserted above")
    row = AuditRow(org_id, head["number"] + 1, at, by.account_id, by.name, action, subject, purpose, dict(detail), RULE)
    row = replace(row, hash=row_hash(head["hash"], row))
    await tx.execute(
        """
        INSERT INTO audit (org_id, number, at, account_id, actor, action, subject, purpose, detail, rule, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        org_id,
        row.number,
        at,
        by.account_id,
        by.name,
        action,
        subject,
        purpose,
        row.detail,
        row.rule,
        row.hash,
    )
    await tx.execute("UPDATE audit_head SET number = $2, hash = $3 WHERE org_id = $1", org_id, row.number, row.hash)


class AuditStore:
    """The chains of all organisations, read by whoever runs the server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def heads(self) -> Sequence[AuditHead]:
        async with self._database.maintenance() as tx:
            rows = await tx.fetch("SELECT org_id, number, hash FROM audit_head ORDER BY org_id")
        return [AuditHead(row["org_id"], row["number"], row["hash"]) for row in rows]

    async def verify(self, anchors: Collection[AuditHead]) -> tuple[Mapping[OrgId, int], Sequence[AuditFault]]:
        """How many rows each organisation's chain has, and everything that is wrong with any of them."""
        noted: dict[OrgId, list[AuditHead]] = defaultdict(list)
        for anchor in anchors:
            noted[anchor.org_id].append(anchor)
        async with self._database.maintenance(one_moment=True) as tx:
            heads = {
                row["org_id"]: AuditHead(row["org_id"], row["number"], row["hash"])
                for row in await tx.fetch("SELECT org_id, number, hash FROM audit_head")
            }
            found = {row["org_id"] for row in await tx.fetch("SELECT DISTINCT org_id FROM audit")}
            counts: dict[OrgId, int] = {}
            faults: list[AuditFault] = []
            for org_id in sorted({*heads, *found, *noted}):
                check = ChainCheck(org_id, noted[org_id])
                counts[org_id] = await _read(tx, org_id, check)
                faults += check.end(heads.get(org_id))
        return counts, faults


async def _read(tx: Transaction, org_id: OrgId, check: ChainCheck) -> int:
    count, last = 0, -(2**63)
    while True:
        rows = await tx.fetch(
            """
            SELECT org_id, number, at, account_id, actor, action, subject, purpose, detail, rule, hash FROM audit
            WHERE org_id = $1 AND number > $2 ORDER BY number LIMIT $3
            """,
            org_id,
            last,
            ROWS_AT_ONCE,
        )
        for row in rows:
            check.add(AuditRow(**row))
        if not rows:
            return count
        count, last = count + len(rows), rows[-1]["number"]
