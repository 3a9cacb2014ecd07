"""How often channels' links were opened: a number for each process that gave out their pages, added up when read."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from storage.pool import Database, Transaction
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.ports.scans import Scanned

_SET = """
    INSERT INTO scan (broadcast_id, channel_id, process_id, org_id, times, at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (broadcast_id, channel_id, process_id) DO UPDATE SET times = excluded.times, at = excluded.at
    WHERE scan.times < excluded.times
"""


class ScanStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(self, scanned: Sequence[Scanned]) -> None:
        for org_id in sorted({one.org_id for one in scanned}):
            async with self._database.transaction(org_id) as tx:
                await tx.executemany(
                    _SET,
                    [
                        (one.broadcast_id, one.channel_id, one.process_id, org_id, one.times, one.at)
                        for one in scanned
                        if one.org_id == org_id
                    ],
                )


async def scans_by_channel(tx: Transaction, broadcast_id: BroadcastId) -> Mapping[UUID, int]:
    """Of those that were opened at all."""
    rows = await tx.fetch(
        "SELECT channel_id, sum(times) AS times FROM scan WHERE broadcast_id = $1 GROUP BY channel_id", broadcast_id
    )
    return {row["channel_id"]: row["times"] for row in rows}
