"""Parts of a live show, begun and taken back by whoever runs it, and the report cut by them."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from stream_jobs.domain.errors import BroadcastNotFound, BroadcastNotLive
from stream_jobs.domain.ids import BroadcastId, SegmentId, uuid7
from stream_jobs.domain.programme import SegmentNotFound
from stream_jobs.ports.segments import SegmentBody
from tests.builders import BY, Store, a_broadcast, an_organisation


async def kinds(store: Store, broadcast: BroadcastId) -> list[str]:
    return [f"{one.kind}{'…' if one.ended_at is None else ''}" for one in await parts(store, broadcast)]


async def parts(store: Store, broadcast: BroadcastId) -> list[SegmentBody]:
    return list(await store.actions.segments.listed(store.org, broadcast))


async def test_a_report_is_cut_by_the_parts_of_the_show(store: Store) -> None:
    """One part ends where the next begins; time in none is a slice of its own."""
    broadcast = await a_broadcast(store)
    for kind in ("job", "policy"):
        store.clock.forward(minutes=10)
        await store.actions.segments.begin(store.org, broadcast, kind)
    store.clock.forward(minutes=10)
    await store.actions.segments.end(store.org, broadcast)
    store.clock.forward(minutes=10)
    await store.actions.stage.end(store.org, broadcast, BY, uuid4())

    report = await store.actions.report.report_now(store.org, broadcast)

    assert [line.kind for line in report.times] == ["before", "slice", "job", "policy", "slice", "after"]
    first, second = await parts(store, broadcast)
    assert first.ended_at == second.started_at == first.started_at + timedelta(minutes=10)


async def test_two_consoles_beginning_the_same_part_begin_it_once(store: Store) -> None:
    """Another kind ends it; the same kind after an end is a part of its own."""
    broadcast = await a_broadcast(store)
    begin = store.actions.segments.begin

    await asyncio.gather(*(begin(store.org, broadcast, "qa") for _ in range(4)))

    assert await kinds(store, broadcast) == ["qa…"]
    store.clock.forward(minutes=1)
    await store.actions.segments.end(store.org, broadcast)
    store.clock.forward(minutes=1)
    await begin(store.org, broadcast, "qa")
    assert await kinds(store, broadcast) == ["qa", "qa…"]


async def test_a_part_begun_by_mistake_is_taken_back_and_the_one_before_goes_on(store: Store) -> None:
    """As if the wrong button had not been pressed."""
    broadcast = await a_broadcast(store)
    await store.actions.segments.begin(store.org, broadcast, "job")
    store.clock.forward(minutes=1)
    mistake = (await store.actions.segments.begin(store.org, broadcast, "qa"))[-1]

    await store.actions.segments.remove(store.org, broadcast, mistake.id)

    assert await kinds(store, broadcast) == ["job…"]
    with pytest.raises(SegmentNotFound):
        await store.actions.segments.remove(store.org, broadcast, mistake.id)


async def test_only_a_live_show_of_ones_own_has_parts_to_begin(store: Store) -> None:
    """Before the start and after the end nothing is going on; another organisation's show is not there."""
    waiting = await a_broadcast(store, live=False)
    live = await a_broadcast(store)
    other = await an_organisation(store.stores, store.clock, "示例市就业中心")

    for refused in (
        store.actions.segments.begin(store.org, waiting, "job"),
        store.actions.segments.end(store.org, waiting),
    ):
        with pytest.raises(BroadcastNotLive):
            await refused
    for foreign in (
        store.actions.segments.begin(other, live, "job"),
        store.actions.segments.listed(other, live),
        store.actions.segments.remove(other, live, SegmentId(uuid7(store.clock()))),
    ):
        with pytest.raises(BroadcastNotFound):
            await foreign
