"""Sums and events of a busy show tampered with, one row at a time: verify finds it, and rebuild mends it."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from storage.pool import Transaction, open_database
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.verify.rebuilding import rebuild_shows
from stream_jobs.verify.run import verify
from tests.builders import Clock, Store, a_store, batching
from tests.drills.audit import audit
from tests.drills.drill import Bench, Drill, Found
from tests.drills.show import KEYS
from tests.report_builders import History, a_show

STEPS = 150
# $1 is the number of any row.
ANY_SUM = "WHERE ctid = (SELECT ctid FROM step_count OFFSET $1 LIMIT 1)"
ANY_REACH = "WHERE ctid = (SELECT ctid FROM reach OFFSET $1 LIMIT 1)"
ANY_SIGNAL = """
    WHERE event_id = (
        SELECT event_id FROM audience_event WHERE fraud IS NULL AND step NOT IN ('visit', 'application')
        ORDER BY event_id OFFSET $1 % 5 LIMIT 1)
"""
CHANGES = (
    ("UPDATE step_count SET viewers = viewers + 1", ANY_SUM),
    ("UPDATE step_count SET implied = implied - 1", ANY_SUM),
    ("UPDATE step_count SET events = events + 1", ANY_SUM),
    ("UPDATE step_count SET viewers = viewers + 1, events = events - 1", ANY_SUM),
    ("UPDATE reach SET steps = steps # 8", ANY_REACH),
    ("UPDATE reach SET implied = implied # 4", ANY_REACH),
    ("DELETE FROM reach", ANY_REACH),
    ("DELETE FROM audience_event", ANY_SIGNAL),
    ("UPDATE audience_event SET late = NOT late", ANY_SIGNAL),
)


async def tampered(bench: Bench) -> Found:
    """Each change alone: found by verify, mended by rebuild, and found no more."""
    times = bench.of(200, 12)
    async with _a_busy_show(bench) as (store, broadcast):
        found = await _found(store, bench.dice, times, lambda: _differs(store))
        audited = await audit(store.database, KEYS, store.org, broadcast, {})
    return Found(times, found == times and audited.clean, f"{found} of {times} found and mended; audit: {audited}")


async def added_up_alone(bench: Bench) -> Found:
    """By one who only looks whether there are as many applications as the totals say."""
    times = bench.of(200, 12)
    async with _a_busy_show(bench) as (store, _):

        async def differs() -> bool:
            async with store.database.transaction(store.org) as tx:
                counted, summed = await tx.fetchval("SELECT count(*) FROM application"), await _summed(tx)
            return bool(counted != summed)

        found = await _found(store, bench.dice, times, differs)
    return Found(times, found == times, f"{found} of {times} found")


async def _summed(tx: Transaction) -> int:
    return int(
        await tx.fetchval(
            """
            SELECT coalesce(sum(events), 0) FROM step_count
            WHERE step = 16 AND card_id = '00000000-0000-0000-0000-000000000000'
            """
        )
    )


@asynccontextmanager
async def _a_busy_show(bench: Bench) -> AsyncIterator[tuple[Store, BroadcastId]]:
    async with bench.place() as place, open_database(await place.new_database(), size=4) as database:
        store = await a_store(database, KEYS, Clock())
        broadcast = await a_show(store)
        async with batching(store):
            await History(store, broadcast, random.Random(1)).run(STEPS)
        yield store, broadcast


async def _differs(store: Store) -> bool:
    return not (await verify(store.database, store.keys, None, store.clock())).right


async def _found(store: Store, dice: random.Random, times: int, differs: Callable[[], Awaitable[bool]]) -> int:
    """How many of so many changes were noticed, each alone: the events are put back, and the sums made from them."""
    found = 0
    async with store.database.maintenance() as tx:
        await tx.execute("CREATE TABLE event_before AS TABLE audience_event")
    for _ in range(times):
        async with store.database.transaction(store.org) as tx:
            rows = await tx.fetchval("SELECT least((SELECT count(*) FROM reach), (SELECT count(*) FROM step_count))")
            done = await tx.execute(" ".join(dice.choice(CHANGES)), dice.randrange(rows))
        assert done.endswith(" 1"), "one row was to be changed"
        found += await differs()
        async with store.database.maintenance() as tx:
            await tx.execute("DELETE FROM audience_event")
            await tx.execute("INSERT INTO audience_event TABLE event_before")
        await rebuild_shows(store.database, None, store.clock())
    return found


DRILLS = (
    Drill(
        "sums tampered with", "Any sum, bit or event changed in the database is found, and made right from the events",
        tampered, "adds up applications alone", added_up_alone, deadline_seconds=600,
    ),
)  # fmt: skip
