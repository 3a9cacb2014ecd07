"""The audit at the end of every drill: what people were told; every figure counted, and every sum made, again."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from storage.pool import Database
from storage.rebuilding import rebuild
from stream_jobs.bench import audit as told_and_stored
from stream_jobs.bench.audit import Audit
from stream_jobs.clock import utc_now
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.keys import Keys
from stream_jobs.ports.objects import Objects
from stream_jobs.verify.run import verify

# Of every organisation: what is kept must be there; what was begun, or is to go, may be.
FILES = """
    SELECT p.object_key, p.kept AND f.state <> 'refused' AND v.file_id IS NOT NULL AS must
    FROM resume_file_part p JOIN resume_file f ON f.id = p.file_id LEFT JOIN vault.resume_file v ON v.file_id = f.id
    UNION ALL SELECT object_key, state = 'ready' FROM export WHERE object_key IS NOT NULL
"""


async def audit(
    database: Database,
    keys: Keys,
    org_id: OrgId,
    broadcast_id: BroadcastId,
    told: Mapping[UUID, UUID],
    objects: Objects | None = None,
) -> Audit:
    """told: by key, the id its phone was told; objects: where the server keeps files. Each part is of one moment."""
    found = await told_and_stored.audit(database, org_id, broadcast_id, told)
    verified = await verify(database, keys, broadcast_id, utc_now())
    rebuilt = await rebuild(database, broadcast_id, utc_now())
    again = {
        "figures that verify contradicts": verified.differing,
        "rows that rebuild changed": rebuilt.reach + len(rebuilt.sums) + rebuilt.cells,
    }
    again |= await _files(database, objects) if objects else {}
    return replace(found, faults={**found.faults, **{what: count for what, count in again.items() if count}})


async def _files(database: Database, objects: Objects) -> dict[str, int]:
    """Both ways. Nobody sends, sweeps or writes any while this is read."""
    async with database.maintenance() as tx:
        rows = {row["object_key"]: row["must"] for row in await tx.fetch(FILES)}
    there = {one.key async for one in objects.listed()}
    return {
        "files without their bytes": sum(must and key not in there for key, must in rows.items()),
        "bytes that are nobody's": len(there - rows.keys()),
    }
