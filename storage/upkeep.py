"""What a database needs from time to time: partitions for the months ahead, and an end to workers that died."""

import logging
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import asyncpg

from storage.pool import Database, Transaction
from stream_jobs.domain.ids import OrgId

logger = logging.getLogger(__name__)

# Any number will do, as long as every version of the server takes the same one.
LOCK = 0x5745_414E
MONTHS_AHEAD = 2
# Viewers' events wait behind this lock; rather than that, the next round tries again.
LOCK_SECONDS = "1s"
# Long after the last report could take it for a worker that will beat again.
WORKER_LASTS = timedelta(days=1)


class UpkeepStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def make_months(self, at: datetime) -> list[str]:
        """Makes the partitions of audience_event of this month and the next two; returns those that are new.

        A month whose rows lie outside already stays there. Another process doing the same, or one that holds the
        table, is left alone.
        """
        made = []
        try:
            for low, high in _months(at):
                async with self._database.maintenance() as tx:
                    if name := await _make_month(tx, low, high):
                        made.append(name)
        except (
            asyncpg.LockNotAvailableError,
            asyncpg.CheckViolationError,
            asyncpg.InsufficientPrivilegeError,
        ) as error:
            logger.warning("no partition made now", extra={"reason": type(error).__name__})
        return made

    async def forget_workers(self, at: datetime) -> int:
        """Workers silent for a day: what was open of theirs ends at their last beat. Returns how many they were."""
        before = at - WORKER_LASTS
        async with self._database.maintenance() as tx:
            orgs = [row["id"] for row in await tx.fetch("SELECT id FROM organisation WHERE parent_id IS NULL")]
        for org_id in orgs:
            await self._end_intervals(OrgId(org_id), before)
        async with self._database.maintenance() as tx:
            await tx.execute(
                "DELETE FROM worker_room r USING worker w WHERE w.id = r.worker_id AND w.beat_at < $1", before
            )
            return len(await tx.fetch("DELETE FROM worker WHERE beat_at < $1 RETURNING id", before))

    async def _end_intervals(self, org_id: OrgId, before: datetime) -> None:
        async with self._database.transaction(org_id) as tx:
            await tx.execute(
                """
                UPDATE visit_interval i SET to_at = greatest(i.from_at, w.beat_at) FROM worker w
                WHERE i.org_id = $1 AND i.to_at IS NULL AND w.id = i.worker_id AND w.beat_at < $2
                """,
                org_id,
                before,
            )


def _months(at: datetime) -> list[tuple[datetime, datetime]]:
    starts = [datetime(at.year, at.month, 1, tzinfo=UTC)]
    for _ in range(MONTHS_AHEAD + 1):
        starts.append((starts[-1] + timedelta(days=32)).replace(day=1))
    return list(pairwise(starts))


def first_id(at: datetime) -> UUID:
    """The lowest UUIDv7 of a moment (RFC 9562 §5.7): milliseconds in the first 48 bits."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


async def _make_month(tx: Transaction, low: datetime, high: datetime) -> str | None:
    name = f"audience_event_{low:%Y_%m}"
    if not await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK):
        return None
    if await tx.fetchval("SELECT to_regclass($1) IS NOT NULL", name):
        return None
    first, after = first_id(low), first_id(high)
    if await tx.fetchval(
        "SELECT EXISTS (SELECT FROM audience_event_other WHERE broadcast_id >= $1 AND broadcast_id < $2)", first, after
    ):
        return None
    await tx.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}'")
    # A statement of this kind takes no parameters; all of it is made of numbers here.
    await tx.execute(f"CREATE TABLE {name} PARTITION OF audience_event FOR VALUES FROM ('{first}') TO ('{after}')")
    return name
