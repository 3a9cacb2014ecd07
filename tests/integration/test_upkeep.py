"""What a database needs from time to time, done once and without harm."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from stream_jobs.domain.ids import BroadcastId, WorkerId
from stream_jobs.upkeep import tidy
from tests.builders import BY, Store, a_broadcast, a_visit

MONTHS = ["audience_event_2026_11", "audience_event_2026_12", "audience_event_2027_01"]


async def _partition(store: Store, broadcast: BroadcastId) -> set[str]:
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch(
            "SELECT tableoid::regclass::text AS name FROM audience_event WHERE broadcast_id = $1", broadcast
        )
    return {row["name"] for row in rows}


async def test_events_of_a_broadcast_lie_in_the_month_it_was_made_in(store: Store) -> None:
    """Ids begin with their time: a month that is over can be moved away whole."""
    assert await store.stores.upkeep.make_months(store.clock()) == MONTHS
    november = await a_broadcast(store)
    store.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    december = await a_broadcast(store)
    store.clock.now = datetime(2027, 3, 1, tzinfo=UTC)
    march = await a_broadcast(store)

    for broadcast in (november, december, march):
        await a_visit(store, broadcast)

    assert await _partition(store, november) == {"audience_event_2026_11"}
    assert await _partition(store, december) == {"audience_event_2026_12"}
    assert await _partition(store, march) == {"audience_event_other"}


async def test_making_months_again_adds_only_what_is_missing(store: Store) -> None:
    """Several servers do it at once, every few hours."""
    made = await asyncio.gather(*(store.stores.upkeep.make_months(store.clock()) for _ in range(5)))
    made.append(await store.stores.upkeep.make_months(store.clock()))

    assert sorted(name for names in made for name in names) == MONTHS
    assert await store.stores.upkeep.make_months(store.clock() + timedelta(days=30)) == ["audience_event_2027_02"]


async def test_a_month_that_began_without_its_partition_stays_where_it_is(store: Store) -> None:
    """An older database goes on as it was, and gets the months to come."""
    broadcast = await a_broadcast(store)
    await a_visit(store, broadcast)

    assert await store.stores.upkeep.make_months(store.clock()) == MONTHS[1:]

    assert await _partition(store, broadcast) == {"audience_event_other"}


async def test_a_table_in_use_is_left_alone(store: Store) -> None:
    """Nobody's events wait for a month that has not come yet."""
    async with store.database.transaction(store.org) as tx:
        await tx.execute("LOCK TABLE audience_event IN ROW EXCLUSIVE MODE")

        assert await store.stores.upkeep.make_months(store.clock()) == []

    assert await store.stores.upkeep.make_months(store.clock()) == MONTHS


async def test_a_worker_silent_for_a_day_is_forgotten_and_its_connections_end_at_its_last_beat(store: Store) -> None:
    """The watched time stays what it was; a worker that lives keeps its own."""
    broadcast = await a_broadcast(store)
    dead, alive = WorkerId(uuid4()), WorkerId(uuid4())
    watching, began = store.actions.watching, store.clock()
    for worker in (dead, alive):
        watcher = await a_visit(store, broadcast)
        await watching.opened([(store.org, broadcast, watcher.visit_id, worker, began)])
    store.clock.forward(minutes=2)
    await watching.beat(dead, {broadcast: 1})
    last_beat = store.clock()
    store.clock.forward(days=1, seconds=1)
    await watching.beat(alive, {broadcast: 1})
    store.clock.forward(seconds=1)

    await tidy(store.stores.upkeep, store.clock, event_months=24)

    async with store.database.transaction(store.org) as tx:
        intervals = {
            row["worker_id"]: row["to_at"] for row in await tx.fetch("SELECT worker_id, to_at FROM visit_interval")
        }
        workers = [row["id"] for row in await tx.fetch("SELECT id FROM worker")]
        rooms = [row["worker_id"] for row in await tx.fetch("SELECT worker_id FROM worker_room")]
    assert intervals == {dead: last_beat, alive: None}
    assert workers == rooms == [alive]


async def test_a_month_of_shows_long_over_is_dropped_and_every_figure_stays(store: Store) -> None:
    """Raw rows go after their period; what was counted of them does not change, and it is known that they went."""
    await store.stores.upkeep.make_months(store.clock())
    broadcast = await a_broadcast(store)
    await a_visit(store, broadcast)
    store.clock.forward(hours=1)
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    before = await store.actions.report.report_now(store.org, broadcast)
    assert await store.stores.upkeep.events_gone(broadcast) is None

    store.clock.now = datetime(2027, 2, 1, tzinfo=UTC)
    assert await store.stores.upkeep.drop_months(store.clock(), 2) == ["audience_event_2026_11"]

    after = await store.actions.report.report_now(store.org, broadcast)
    assert (after.figures, after.funnel, after.times) == (before.figures, before.funnel, before.times)
    assert await store.stores.upkeep.events_gone(broadcast) == store.clock()
    assert await store.stores.upkeep.drop_months(store.clock(), 2) == []


async def test_a_month_with_a_show_that_goes_on_stays_whole(store: Store) -> None:
    """A show that nobody ended, or that can still be applied for, keeps the rows that are counted again."""
    await store.stores.upkeep.make_months(store.clock())
    live, applied_for = await a_broadcast(store), await a_broadcast(store, apply_days=60)
    await store.actions.stage.end(store.org, applied_for, BY, uuid4())
    store.clock.now = datetime(2027, 2, 1, tzinfo=UTC)

    assert await store.stores.upkeep.drop_months(store.clock(), 2) == []
    await store.actions.stage.end(store.org, live, BY, uuid4())
    assert await store.stores.upkeep.drop_months(store.clock(), 2) == []
