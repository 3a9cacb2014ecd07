"""What is left of résumé files that are gone: taken away, bytes first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from storage.keeper import Moving
from storage.pool import Database, Transaction
from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.ports.objects import Objects

# A part that is nobody's may still be claimed by who just put it.
UNCLAIMED_FOR = timedelta(hours=1)
SWEPT_AT_ONCE = 500
# Until when a file is there: one that has all come is checked first, however long that takes.
ENDS = "CASE WHEN f.state <> 'checking' THEN f.expires_at END"


async def sweep(database: Database, objects: Objects, at: datetime) -> int:
    """Of all organisations; returns how many parts went."""
    return sum([await _sweep(database, objects, org_id, at) for org_id in await database.tenants()])


async def forget(tx: Transaction, org_id: OrgId, person_id: PersonId) -> None:
    """Takes away what this person's files are called and say, in the caller's transaction.

    The bytes need the person's key, which goes too; the next sweep takes them away.
    """
    await tx.execute("DELETE FROM vault.resume_file WHERE org_id = $1 AND person_id = $2", org_id, person_id)


async def move(tx: Transaction, org_id: OrgId, moving: Moving) -> None:
    """What is sealed has been moved; the bytes have keys of their own."""
    await tx.execute(
        "UPDATE resume_file SET person_id = $3 WHERE org_id = $1 AND person_id = $2", org_id, moving.old, moving.new
    )


async def _sweep(database: Database, objects: Objects, org_id: OrgId, at: datetime) -> int:
    async with database.transaction(org_id) as tx:
        await _forget_expired(tx, org_id, at)
    gone = 0
    while True:
        async with database.transaction(org_id) as tx:
            parts = await _left(tx, org_id, at)
        if not parts:
            break
        # First the bytes go, then where they lay is forgotten.
        await objects.delete(*(part["object_key"] for part in parts))
        async with database.transaction(org_id) as tx:
            await tx.execute("DELETE FROM resume_file_part WHERE id = ANY($1::uuid[])", [part["id"] for part in parts])
        gone += len(parts)
    async with database.transaction(org_id) as tx:
        await _forget_empty(tx, org_id)
    return gone


async def _forget_expired(tx: Transaction, org_id: OrgId, at: datetime) -> None:
    """Uploads nobody took up again, and refusals that were there to be read for a day."""
    await tx.execute(
        """
        DELETE FROM vault.resume_file WHERE file_id = ANY (ARRAY(
            SELECT v.file_id FROM vault.resume_file v JOIN resume_file f ON f.id = v.file_id
            WHERE f.org_id = $1 AND f.expires_at <= $2 AND f.state IN ('uploading', 'refused')
            FOR UPDATE OF v SKIP LOCKED))
        """,
        org_id,
        at,
    )


async def _left(tx: Transaction, org_id: OrgId, at: datetime) -> Sequence[asyncpg.Record]:
    return await tx.fetch(
        """
        SELECT p.id, p.object_key FROM resume_file_part p JOIN resume_file f ON f.id = p.file_id
        WHERE p.org_id = $1 AND (p.kept OR p.at < $2) AND (
            NOT p.kept OR f.state = 'refused'
            OR NOT EXISTS (SELECT FROM vault.resume_file v WHERE v.file_id = f.id))
        LIMIT $3
        """,
        org_id,
        at - UNCLAIMED_FOR,
        SWEPT_AT_ONCE,
    )


async def _forget_empty(tx: Transaction, org_id: OrgId) -> None:
    await tx.execute(
        """
        DELETE FROM resume_file WHERE id = ANY (ARRAY(
            SELECT f.id FROM resume_file f WHERE f.org_id = $1
                AND NOT EXISTS (SELECT FROM vault.resume_file v WHERE v.file_id = f.id)
                AND NOT EXISTS (SELECT FROM resume_file_part p WHERE p.file_id = f.id)
            FOR UPDATE OF f SKIP LOCKED))
        """,
        org_id,
    )
