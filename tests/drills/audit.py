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
from stream_jobs.verify.run import verify


async def audit(
    database: Database, keys: Keys, org_id: OrgId, broadcast_id: BroadcastId, told: Mapping[UUID, UUID]
) -> Audit:
    """told: by key, the id its phone was told. Each part is of one moment."""
    found = await told_and_stored.audit(database, org_id, broadcast_id, told)
    verified = await verify(database, keys, broadcast_id, utc_now())
    rebuilt = await rebuild(database, broadcast_id, utc_now())
    again = {
        "figures that verify contradicts": verified.differing,
        "rows that rebuild changed": rebuilt.reach + len(rebuilt.sums) + rebuilt.cells,
    }
    return replace(found, faults={**found.faults, **{what: count for what, count in again.items() if count}})
