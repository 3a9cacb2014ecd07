"""Who did what with personal data: append-only, each row bound to the one before by its hash."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from storage.pool import Transaction
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports import By


async def write_audit(
    tx: Transaction,
    org_id: OrgId,
    *,
    by: By,
    action: str,
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
    number = head["number"] + 1
    hash_ = audit_hash(head["hash"], number, at, by.name, action, subject, purpose, detail)
    await tx.execute(
        """
        INSERT INTO audit (org_id, number, at, account_id, actor, action, subject, purpose, detail, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        org_id,
        number,
        at,
        by.account_id,
        by.name,
        action,
        subject,
        purpose,
        dict(detail),
        hash_,
    )
    await tx.execute("UPDATE audit_head SET number = $2, hash = $3 WHERE org_id = $1", org_id, number, hash_)


def audit_hash(before: bytes, *fields: object) -> bytes:
    """SHA-256(hash of the row before ‖ this row's fields as canonical JSON)."""
    said = json.dumps(fields, default=str, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(before + said.encode()).digest()
