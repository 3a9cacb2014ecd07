"""What a database needs from time to time: partitions for the months ahead, and an end to workers that died."""

import logging
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import asyncpg

from storage.pool import Database, Transaction
from stream_jobs.domain.ids import BroadcastId, OrgId, WorkerId

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

    async def drop_months(self, at: datetime, months: int) -> list[str]:
        """Drops partitions of audience_event whose shows were all over so many months ago; returns their names.

        What was counted of them stays as it is. A month with a show that may still be watched stays whole.
        """
        dropped = []
        try:
            for low, high in await self._over(_months_before(at, months)):
                async with self._database.maintenance() as tx:
                    if name := await _drop_month(tx, low, high, _months_before(at, months), at):
                        dropped.append(name)
        except (asyncpg.LockNotAvailableError, asyncpg.InsufficientPrivilegeError) as error:
            logger.warning("no partition dropped now", extra={"reason": type(error).__name__})
        return dropped

    async def _over(self, before: datetime) -> list[tuple[datetime, datetime]]:
        """The months that have a partition and ended before then, oldest first."""
        async with self._database.maintenance() as tx:
            rows = await tx.fetch(
                """
                SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'audience_event'::regclass ORDER BY 1
                """
            )
        found = [re.fullmatch(r"audience_event_(\d{4})_(\d{2})", row["name"]) for row in rows]
        starts = [datetime(int(one[1]), int(one[2]), 1, tzinfo=UTC) for one in found if one]
        return [(low, _next_month(low)) for low in starts if _next_month(low) <= before]

    async def events_gone(self, broadcast_id: BroadcastId) -> datetime | None:
        """When the raw rows of what viewers did in this show were dropped, if they were."""
        async with self._database.maintenance() as tx:
            gone: datetime | None = await tx.fetchval(
                "SELECT at FROM dropped_month WHERE first_id <= $1 AND $1 < end_id", broadcast_id
            )
        return gone

    async def empty_rooms(self, worker_id: WorkerId) -> None:
        """A worker that has ended holds nobody, whatever its last beat says; what was open of it ends at that beat."""
        async with self._database.maintenance() as tx:
            # A beat that was under way when it died is waited for.
            await tx.execute("SELECT FROM worker WHERE id = $1 FOR UPDATE", worker_id)
            await tx.execute("DELETE FROM worker_room WHERE worker_id = $1", worker_id)

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
        starts.append(_next_month(starts[-1]))
    return list(pairwise(starts))


def _next_month(start: datetime) -> datetime:
    return (start + timedelta(days=32)).replace(day=1)


def _months_before(at: datetime, months: int) -> datetime:
    """The start of the month so many months before this one."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


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


async def _drop_month(tx: Transaction, low: datetime, high: datetime, before: datetime, at: datetime) -> str | None:
    name = f"audience_event_{low:%Y_%m}"
    first, after = first_id(low), first_id(high)
    if not await tx.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK):
        return None
    if not await tx.fetchval("SELECT to_regclass($1) IS NOT NULL", name):
        return None
    if await tx.fetchval(
        """
        SELECT EXISTS (SELECT FROM broadcast WHERE id >= $1 AND id < $2 AND (
            status = 'live' OR coalesce(ended_at, starts_at) + make_interval(days => apply_days) >= $3))
        """,
        first,
        after,
        before,
    ):
        return None
    await tx.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}'")
    await tx.execute(f"DROP TABLE {name}")
    await tx.execute(
        """
        INSERT INTO dropped_month (first_id, end_id, at) VALUES ($1, $2, $3)
        ON CONFLICT (first_id) DO UPDATE SET at = excluded.at
        """,
        first,
        after,
        at,
    )
    return name
