"""Sums over several cards and shows: distinct viewers of an employer and of a series, whatever is moved."""

import asyncio
import random
from uuid import UUID

import pytest

from storage.reached import read_counts
from stream_jobs.domain.events import SignalStep
from stream_jobs.domain.ids import BroadcastId, SeriesId
from stream_jobs.ports import JobFacts
from tests.builders import BY, Store, a_broadcast, a_job, a_visit, an_employer, batching, cards_of, jobs_of
from tests.report_builders import STEPS, History, a_show, a_signal, raw_rows

Funnel = list[tuple[int, int]]


async def series_of(store: Store, broadcast: BroadcastId) -> SeriesId:
    async with store.database.transaction(store.org) as tx:
        return SeriesId(await tx.fetchval("SELECT series_id FROM broadcast WHERE id = $1", broadcast))


async def funnel_of(store: Store, place: BroadcastId | SeriesId) -> Funnel:
    async with store.database.transaction(store.org) as tx:
        return [(step.count, step.implied) for step in (await read_counts(tx, place)).funnel()]


async def naive(store: Store, *shows: BroadcastId) -> Funnel:
    """By device, the steps it really took in any of the shows."""
    taken: dict[UUID, set[int]] = {}
    for show in shows:
        raw = await raw_rows(store, show)
        staff = {a["viewer_id"] for a in raw.applications if a["recorded_by"]}
        for event in raw.events:
            if event["fraud"] is None and event["step"] in STEPS and event["viewer_id"] not in staff:
                taken.setdefault(event["viewer_id"], set()).add(STEPS.index(event["step"]))
    reached = [[steps for steps in taken.values() if max(steps) >= step] for step in range(len(STEPS))]
    return [(len(those), sum(step not in steps for steps in those)) for step, those in enumerate(reached)]


async def some_history(store: Store, seed: int, *, viewers_of: History | None = None) -> History:
    """A random show; some of its viewers were at the other one, too."""
    history = History(store, await a_show(store), random.Random(seed))
    if viewers_of:
        history.viewers += viewers_of.viewers[::2]
    async with batching(store):
        await history.run(60)
    return history


# In which somebody was at both.
@pytest.mark.parametrize("seed", (0, 1, 3))
async def test_a_device_of_two_shows_is_one_viewer_of_their_series(store: Store, seed: int) -> None:
    """Distinct over its shows, never their sum; implied only where no show has it reported."""
    one = await some_history(store, seed)
    two = await some_history(store, seed + 50, viewers_of=one)
    rehearsal = await a_broadcast(store, rehearsal=True)
    await a_visit(store, rehearsal)

    series = await series_of(store, one.broadcast)

    assert await series_of(store, two.broadcast) == series
    assert await funnel_of(store, series) == await naive(store, one.broadcast, two.broadcast)
    apart = [(await naive(store, show))[0][0] for show in (one.broadcast, two.broadcast)]
    assert (await funnel_of(store, series))[0][0] < sum(apart)


async def test_a_show_that_changes_its_series_takes_its_viewers_along(store: Store) -> None:
    """Who was at no other show of the old series is no viewer of it any more."""
    one = await some_history(store, 7)
    two = await some_history(store, 8, viewers_of=one)
    three = await some_history(store, 9, viewers_of=two)
    before = await series_of(store, one.broadcast)

    await store.actions.programme.edit_show(store.org, two.broadcast, {"series": "示例·春风行动"}, BY)

    after = await series_of(store, two.broadcast)
    assert await funnel_of(store, before) == await naive(store, one.broadcast, three.broadcast)
    assert await funnel_of(store, after) == await naive(store, two.broadcast)

    await store.actions.programme.edit_show(store.org, two.broadcast, {"series": "示例·就业暖心季"}, BY)
    assert await funnel_of(store, before) == await naive(store, one.broadcast, two.broadcast, three.broadcast)
    assert await funnel_of(store, after) == [(0, 0)] * 5


async def test_a_show_that_leaves_its_series_while_people_come_loses_nobody(store: Store) -> None:
    """Whoever is counted at that moment is counted in the one series or in the other."""
    one, two = await a_broadcast(store), await a_broadcast(store)
    before = await series_of(store, one)
    await a_visit(store, two)

    async def come() -> None:
        for _ in range(30):
            await a_visit(store, two)

    async def move() -> None:
        for name in ("示例·春风行动", "示例·就业暖心季", "示例·春风行动"):
            await store.actions.programme.edit_show(store.org, two, {"series": name}, BY)

    await asyncio.gather(come(), come(), move())

    assert await funnel_of(store, before) == [(0, 0)] * 5
    assert (await funnel_of(store, await series_of(store, two)))[0] == (61, 0)


async def test_a_job_that_turns_out_to_be_another_employers_takes_its_viewers_along(store: Store) -> None:
    """The report shows each employer the viewers of the cards it has now."""
    broadcast = await a_broadcast(store, jobs=0)
    employers = [await an_employer(store), await an_employer(store)]
    jobs = [await a_job(store, title=f"岗位{n}", employer=employers[n % 2]) for n in range(3)]
    await store.stores.trays.add_cards(store.org, broadcast, jobs, [], at=store.clock(), by=BY)
    cards = await cards_of(store, broadcast)
    watchers = [await a_visit(store, broadcast) for _ in range(4)]
    seen = [(w, a_signal(store, SignalStep.CLICK, cards[n])) for w, n in zip(watchers, (0, 1, 2, 2), strict=True)]
    await store.actions.watching.record(store.org, broadcast, seen)

    await store.actions.postings.edit_job(
        store.org, jobs[2], employers[1], JobFacts("岗位2", "24元/小时", "东莞塘厦", 40, 40), BY
    )

    report = await store.actions.report.report_now(store.org, broadcast)
    clicks = {line.employer_id: line.reached.clicks for line in report.employers}
    assert clicks == {employers[0]: 1, employers[1]: 3}


async def test_a_card_taken_out_before_the_show_takes_its_viewers_from_the_employer(store: Store) -> None:
    """The employer's other card keeps its own."""
    broadcast = await a_broadcast(store, jobs=0, live=False)
    employer = await an_employer(store)
    jobs = [await a_job(store, title=f"岗位{n}", employer=employer) for n in range(2)]
    await store.stores.trays.add_cards(store.org, broadcast, jobs, [], at=store.clock(), by=BY)
    cards = await cards_of(store, broadcast)
    for card in (cards[0], cards[1], cards[1]):
        watcher = await a_visit(store, broadcast)
        await store.actions.watching.record(
            store.org, broadcast, [(watcher, a_signal(store, SignalStep.IMPRESSION, card))]
        )

    await store.stores.trays.remove_card(store.org, broadcast, cards[1], at=store.clock(), by=BY)

    [line] = (await store.actions.report.report_now(store.org, broadcast)).employers
    assert line.reached.impressions == 1
    assert await jobs_of(store, broadcast) == [jobs[0]]
