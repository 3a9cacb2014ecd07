"""Sums of presence: made as soon as time is over, true to the raw rows, and made anew when something older arrives."""

import random
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import NO_CHANNEL, BroadcastId, VisitId, WorkerId
from stream_jobs.ports import Report
from tests.builders import BY, Store, a_broadcast, a_visit, a_watcher, batching
from tests.report_builders import History, a_show, raw_rows, recounted, told


async def report_of(store: Store, broadcast: BroadcastId) -> Report:
    return await store.actions.report.report_now(store.org, broadcast)


async def seal(store: Store) -> None:
    await store.stores.presence.seal(store.clock())


async def cells(store: Store, broadcast: BroadcastId) -> list[tuple[datetime, datetime]]:
    async with store.database.transaction(store.org) as tx:
        rows = await tx.fetch("SELECT from_at, to_at FROM presence WHERE broadcast_id = $1 ORDER BY to_at", broadcast)
    return [(row["from_at"], row["to_at"]) for row in rows]


async def watch(
    store: Store,
    broadcast: BroadcastId,
    minutes: float,
    *,
    worker: WorkerId | None = None,
    watcher: Watcher | None = None,
) -> Watcher:
    """Somebody watches from now on for so long; it is written at once, with its end."""
    watcher = await a_visit(store, broadcast, watcher)
    end = store.clock() + timedelta(minutes=minutes)
    row = (store.org, broadcast, watcher.visit_id, worker or WorkerId(uuid4()), store.clock())
    await store.actions.watching.closed([(*row, end)])
    return watcher


async def without_raw_rows(store: Store, broadcast: BroadcastId) -> None:
    async with store.database.transaction(store.org) as tx:
        await tx.execute("DELETE FROM visit_interval WHERE broadcast_id = $1", broadcast)
        await tx.execute("DELETE FROM visit WHERE broadcast_id = $1", broadcast)


@pytest.mark.parametrize("seed", range(100, 104))
async def test_a_show_summed_in_the_end_reports_what_it_did_before(store: Store, seed: int) -> None:
    """Whenever it was summed in between, and whatever arrived late: the raw rows, to the digit, and without them."""
    broadcast = await a_show(store)
    async with batching(store):
        await History(store, broadcast, random.Random(seed)).run(150)

    await seal(store)
    store.clock.forward(days=1, minutes=1)
    await seal(store)
    await seal(store)
    report = await report_of(store, broadcast)

    expected, said = recounted(await raw_rows(store, broadcast), store.clock()), told(report)
    assert {key: said[key] for key in expected} == expected
    async with store.database.transaction(store.org) as tx:
        await tx.execute("DELETE FROM visit_interval WHERE broadcast_id = $1", broadcast)
    without = await report_of(store, broadcast)
    assert (without.figures, without.curve, without.times) == (report.figures, report.curve, report.times)


async def test_a_live_show_reads_raw_rows_of_the_last_minute_alone(store: Store) -> None:
    """What is summed is never swept again while the show goes on."""
    broadcast = await a_broadcast(store)
    for _ in range(30):
        await watch(store, broadcast, 1.5)
        store.clock.forward(minutes=1)
    before = await report_of(store, broadcast)

    await seal(store)
    async with store.database.transaction(store.org) as tx:
        await tx.execute(
            "DELETE FROM visit_interval WHERE broadcast_id = $1 AND to_at < $2",
            broadcast,
            store.clock() - timedelta(minutes=1),
        )

    after = await report_of(store, broadcast)
    assert (after.figures, after.curve, after.times) == (before.figures, before.curve, before.times)
    assert (after.figures.watched, after.figures.peak, after.figures.effective_views) == (30, 2, 30)


async def test_summing_goes_on_where_it_ended_and_leaves_the_last_half_minute(store: Store) -> None:
    """Cells follow each other from the beginning without a gap; what may still change is not summed."""
    broadcast = await a_broadcast(store)
    began = store.clock()
    await watch(store, broadcast, 10)

    for _ in range(4):
        store.clock.forward(minutes=2)
        await seal(store)

    made = await cells(store, broadcast)
    assert made[0][1] == began and [a for a, _ in made[1:]] == [b for _, b in made[:-1]]
    assert store.clock() - timedelta(seconds=40) <= made[-1][1] <= store.clock() - timedelta(seconds=30)


async def test_an_end_that_arrives_late_is_counted_from_when_it_was(store: Store) -> None:
    """A worker that could not write for minutes hands in departures that were summed as still there."""
    broadcast = await a_broadcast(store)
    worker, watcher = WorkerId(uuid4()), await a_visit(store, broadcast)
    row = (store.org, broadcast, watcher.visit_id, worker, store.clock())
    await store.actions.watching.opened([row])
    left = store.clock() + timedelta(minutes=3)
    for _ in range(10):
        store.clock.forward(minutes=1)
        await store.actions.watching.beat(worker, {broadcast: 1})
        await seal(store)
    assert (await report_of(store, broadcast)).figures.watch_ms == 10 * 60_000

    await store.actions.watching.closed([(*row, left)])

    assert (await report_of(store, broadcast)).figures.watch_ms == 3 * 60_000
    await seal(store)
    assert (await report_of(store, broadcast)).figures.watch_ms == 3 * 60_000


async def test_a_worker_that_was_taken_for_dead_and_lives_kept_its_viewers(store: Store) -> None:
    """It could not reach the database; its viewers never noticed."""
    broadcast = await a_broadcast(store)
    worker, watcher = WorkerId(uuid4()), await a_visit(store, broadcast)
    await store.actions.watching.beat(worker, {broadcast: 1})
    await store.actions.watching.opened([(store.org, broadcast, watcher.visit_id, worker, store.clock())])
    store.clock.forward(minutes=5)
    await seal(store)
    assert (await report_of(store, broadcast)).figures.watch_ms == 0

    await store.actions.watching.beat(worker, {broadcast: 1})

    assert (await report_of(store, broadcast)).figures.watch_ms == 5 * 60_000


async def test_a_visit_that_arrives_late_has_its_place_in_time(store: Store) -> None:
    """Visits of an outage are stored after it, with the time they were made."""
    broadcast = await a_broadcast(store)
    store.clock.forward(minutes=20)
    await seal(store)
    late = [(a_watcher(), store.clock() - timedelta(minutes=18))]

    await store.actions.watching.visits(store.org, broadcast, late)

    assert [(line.visits, line.new_visitors) for line in (await report_of(store, broadcast)).times] == [
        (0, 0),
        (1, 1),
        (0, 0),
    ]


async def test_a_typed_part_that_begins_within_a_cell_is_told_exactly(store: Store) -> None:
    """Its peak is that from its first moment on, not from that of a round step."""
    broadcast = await a_broadcast(store)
    await watch(store, broadcast, 7.3)
    store.clock.forward(minutes=7, seconds=20, milliseconds=250)
    await store.actions.segments.begin(store.org, broadcast, "policy")
    await watch(store, broadcast, 2)
    await watch(store, broadcast, 2)
    store.clock.forward(minutes=20)
    before = await report_of(store, broadcast)

    await seal(store)
    after = await report_of(store, broadcast)

    assert [line.peak for line in after.times] == [line.peak for line in before.times] == [None, 1, 2]
    assert after.times == before.times and after.curve == before.curve


async def test_a_part_taken_away_after_it_was_summed_changes_no_other_figure(store: Store) -> None:
    """The one before goes on, over the cells of both."""
    broadcast = await a_broadcast(store)
    store.clock.forward(minutes=3, seconds=1)
    [part] = await store.actions.segments.begin(store.org, broadcast, "job")
    await watch(store, broadcast, 1)
    store.clock.forward(minutes=10)
    await seal(store)

    await store.actions.segments.remove(store.org, broadcast, part.id)

    assert [line.peak for line in (await report_of(store, broadcast)).times] == [None, 1]


async def test_a_part_that_was_written_late_is_cut_out_of_what_was_summed(store: Store) -> None:
    """No cell begins there, so that what follows is counted from raw rows."""
    broadcast = await a_broadcast(store)
    await watch(store, broadcast, 4)
    store.clock.forward(minutes=20)
    await seal(store)
    async with store.database.transaction(store.org) as tx:
        await tx.execute(
            "INSERT INTO segment (id, org_id, broadcast_id, kind, started_at) VALUES ($1, $2, $3, 'qa', $4)",
            uuid4(),
            store.org,
            broadcast,
            store.clock() - timedelta(minutes=15, milliseconds=700),
        )

    assert [line.peak for line in (await report_of(store, broadcast)).times] == [None, 1, 0]


@pytest.mark.parametrize(
    ("spans", "effective"),
    [
        ([(0, 10)], 1),
        ([(0, 9.999)], 0),
        ([(0, 6), (20, 24)], 1),
        ([(0, 6), (3, 8)], 0),
        ([(-30, 9)], 0),
        ([(-30, 10)], 1),
        ([(3595, 3700)], 0),
        ([(3590, 3700)], 1),
    ],
)
async def test_an_effective_view_was_connected_on_air_for_ten_seconds(
    store: Store, spans: list[tuple[float, float]], effective: int
) -> None:
    """Reconnects add up, tabs do not, and neither does what was before the start or after the end."""
    began = store.clock() + timedelta(minutes=1)
    broadcast = await a_broadcast(store, live=False)
    watcher = await a_visit(store, broadcast)
    store.clock.now = began
    await store.actions.stage.start(store.org, broadcast, BY, uuid4())
    for low, high in spans:
        whole = began + timedelta(seconds=low), began + timedelta(seconds=high)
        await store.actions.watching.closed([(store.org, broadcast, watcher.visit_id, WorkerId(uuid4()), *whole)])
    for _ in range(6):
        store.clock.forward(minutes=10)
        await seal(store)
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())

    assert (await report_of(store, broadcast)).figures.effective_views == effective
    store.clock.forward(minutes=1)
    await seal(store)
    assert (await report_of(store, broadcast)).figures.effective_views == effective


async def test_watching_again_is_not_somebody_new(store: Store) -> None:
    """A device that left and came back watched once, whichever cell it came back in."""
    broadcast = await a_broadcast(store)
    first = await watch(store, broadcast, 1)
    for _ in range(3):
        store.clock.forward(minutes=5)
        await seal(store)
        await watch(store, broadcast, 1, watcher=Watcher(first.viewer_id, VisitId(uuid4()), NO_CHANNEL))
    store.clock.forward(minutes=5)
    await seal(store)

    figures = (await report_of(store, broadcast)).figures

    assert (figures.watched, figures.visits, figures.effective_views, figures.watch_ms) == (1, 4, 4, 4 * 60_000)


async def test_peak_average_and_watch_time_of_a_show_worked_out_by_hand(store: Store) -> None:
    """Three devices over ten minutes: 10, 4 and 3 minutes, at most three at once, 1.7 on average."""
    broadcast = await a_broadcast(store)
    began = store.clock()
    await watch(store, broadcast, 10)
    store.clock.forward(minutes=2)
    await watch(store, broadcast, 4)
    store.clock.forward(minutes=3)
    await watch(store, broadcast, 3)
    store.clock.now = began + timedelta(minutes=10)
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())

    for _ in range(2):
        figures = (await report_of(store, broadcast)).figures
        assert (figures.peak, figures.peak_at) == (3, began + timedelta(minutes=5))
        assert (figures.watch_ms, figures.on_air_ms) == (17 * 60_000, 10 * 60_000)
        store.clock.forward(minutes=2)
        await seal(store)


async def test_people_who_come_after_the_end_are_summed_too(store: Store) -> None:
    """A link goes on being opened for weeks."""
    broadcast = await a_broadcast(store)
    store.clock.forward(minutes=30)
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())
    await a_visit(store, broadcast)
    store.clock.forward(hours=2)
    await seal(store)

    ends = await cells(store, broadcast)
    await without_raw_rows(store, broadcast)

    assert ends[-1][1] == store.clock() - timedelta(seconds=30)
    assert [line.visits for line in (await report_of(store, broadcast)).times] == [0, 0, 0, 1]
