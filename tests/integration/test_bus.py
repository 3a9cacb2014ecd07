"""Announcements between processes, and what happens without them."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from realtime.bus import ValkeyBus
from stream_jobs.domain.events import StageEntry
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.embedded import Servers
from stream_jobs.ports import Topic
from tests.builders import BY, Store, a_broadcast, cards_of
from tests.clients import PATIENCE, Forwarder, a_viewer, eventually, running_gateway
from tests.integration.test_trying_valkey import a_user

DEAF = "redis://127.0.0.1:1"


async def test_a_push_made_elsewhere_arrives_by_announcement(store: Store, servers: Servers) -> None:
    """Not by the poll, which is a minute away."""
    async with (
        running_gateway(store, servers.valkey_url, poll_seconds=60, poll_unhealthy_seconds=60) as here,
        running_gateway(store, servers.valkey_url) as there,
    ):
        await eventually(lambda: _is(here.bus, healthy=True))
        broadcast = await a_broadcast(there.store)
        card = (await cards_of(there.store, broadcast))[0]
        async with await a_viewer(here, broadcast) as viewer:
            await there.store.actions.stage.push(store.org, broadcast, card, BY, uuid4())

            assert (await viewer.published("card_pushed"))["card"]["id"] == str(card)


async def test_without_valkey_a_card_arrives_at_once_here_and_by_the_poll_elsewhere(
    store: Store, servers: Servers
) -> None:
    """Nothing waits for Valkey; a room looks by itself."""
    async with (
        running_gateway(store, DEAF, poll_seconds=60, poll_unhealthy_seconds=60) as here,
        running_gateway(store, DEAF, poll_seconds=60, poll_unhealthy_seconds=0.2) as there,
    ):
        broadcast = await a_broadcast(here.store)
        card = (await cards_of(here.store, broadcast))[0]
        async with await a_viewer(here, broadcast) as near, await a_viewer(there, broadcast) as far:
            await here.store.actions.stage.push(store.org, broadcast, card, BY, uuid4())

            assert (await near.published("card_pushed"))["card"]["id"] == str(card)
            assert (await far.published("card_pushed"))["card"]["id"] == str(card)
            assert not here.bus.healthy


async def test_a_push_made_here_is_told_without_reading_it_back(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The room goes by the entry that was committed when it is the next one, and looks when something is missing."""
    async with running_gateway(store, servers.valkey_url, poll_seconds=60, poll_unhealthy_seconds=60) as here:
        await eventually(lambda: _is(here.bus, healthy=True))
        broadcast = await a_broadcast(here.store)
        first, second, third, *_ = await cards_of(here.store, broadcast)
        stage, looks = here.store.actions.stage, 0
        read = stage.stage_after

        async def looked(*asked: Any) -> Sequence[StageEntry]:
            nonlocal looks
            looks += 1
            return await read(*asked)

        async with await a_viewer(here, broadcast) as viewer:
            monkeypatch.setattr(stage, "stage_after", looked)
            await stage.push(store.org, broadcast, first, BY, uuid4())
            assert (await viewer.published("card_pushed"))["card"]["id"] == str(first)
            assert not looks

            # Unannounced: as by a process whose announcement was lost.
            await store.actions.stage.push(store.org, broadcast, second, BY, uuid4())
            await stage.push(store.org, broadcast, third, BY, uuid4())
            assert (await viewer.published("card_pushed"))["card"]["id"] == str(second)
            assert (await viewer.published("card_pushed"))["card"]["id"] == str(third)
            assert looks


async def test_what_was_announced_here_is_not_heard_a_second_time(servers: Servers) -> None:
    """Rooms were told at once; Valkey's echo would have them read the log for nothing."""
    bus, other = ValkeyBus(servers.valkey_url), ValkeyBus(servers.valkey_url)
    here: list[BroadcastId] = []
    there: list[BroadcastId] = []
    listening = [
        asyncio.ensure_future(bus.listen(lambda id_, *_: here.append(id_), lambda: None)),
        asyncio.ensure_future(other.listen(lambda id_, *_: there.append(id_), lambda: None)),
    ]
    await eventually(lambda: _is(bus, healthy=True))
    await eventually(lambda: _is(other, healthy=True))
    ours, theirs = BroadcastId(uuid4()), BroadcastId(uuid4())

    await bus.announce(ours, Topic.STAGE)
    await eventually(lambda: _heard(there, ours))
    await other.announce(theirs, Topic.STAGE)
    await eventually(lambda: _heard(here, theirs))

    assert here == [ours, theirs]
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)


async def test_the_bus_comes_back_and_says_so(servers: Servers) -> None:
    """Cut, mended, and heard again; what was announced meanwhile is sent when the line is back."""
    line = Forwarder(lambda: _open(servers.valkey_url))
    await line.mend()
    bus, other = ValkeyBus(f"redis://127.0.0.1:{line.port}"), ValkeyBus(servers.valkey_url)
    heard: asyncio.Queue[tuple[BroadcastId, Topic]] = asyncio.Queue()
    changes: list[bool] = []
    listening = asyncio.ensure_future(bus.listen(lambda *_: None, lambda: changes.append(bus.healthy)))
    others = asyncio.ensure_future(other.listen(lambda id_, topic, _: heard.put_nowait((id_, topic)), lambda: None))
    await eventually(lambda: _is(bus, healthy=True))
    await eventually(lambda: _is(other, healthy=True))

    await line.cut()
    await eventually(lambda: _is(bus, healthy=False))
    broadcast = BroadcastId(uuid4())
    for _ in range(3):
        await bus.announce(broadcast, Topic.STAGE)
    await line.mend()
    await eventually(lambda: _is(bus, healthy=True))

    async with asyncio.timeout(PATIENCE):
        assert await heard.get() == (broadcast, Topic.STAGE)
    assert heard.empty()
    assert changes == [True, False, True]
    await line.cut()
    for task in (listening, others):
        task.cancel()
    await asyncio.gather(listening, others, return_exceptions=True)


async def test_what_was_on_its_way_when_the_line_was_lost_is_said_again(servers: Servers) -> None:
    """And what waited behind it."""
    line = Forwarder(lambda: _open(servers.valkey_url))
    await line.mend()
    bus, other = ValkeyBus(f"redis://127.0.0.1:{line.port}"), ValkeyBus(servers.valkey_url)
    heard: list[BroadcastId] = []
    said, waiting = BroadcastId(uuid4()), BroadcastId(uuid4())
    async with asyncio.TaskGroup() as group:
        listening = [
            group.create_task(bus.listen(lambda *_: None, lambda: None)),
            group.create_task(other.listen(lambda id_, *_: heard.append(id_), lambda: None)),
        ]
        await eventually(lambda: _is(bus, healthy=True))
        await eventually(lambda: _is(other, healthy=True))

        line.silence()
        await bus.announce(said, Topic.STAGE)
        await eventually(lambda: _is_said(bus))
        await bus.announce(waiting, Topic.STAGE)
        await line.cut()
        line.speak()
        await line.mend()

        await eventually(lambda: _heard(heard, waiting))
        await line.cut()
        for task in listening:
            task.cancel()

    assert heard == [said, waiting]


async def test_a_card_arrives_within_two_seconds_of_valkey_falling_silent(store: Store, servers: Servers) -> None:
    """Long before the line counts as dead: whoever gets no answer looks."""
    line = Forwarder(lambda: _open(servers.valkey_url))
    await line.mend()
    async with running_gateway(store, f"redis://127.0.0.1:{line.port}", poll_seconds=60) as here:
        await eventually(lambda: _is(here.bus, healthy=True))
        broadcast = await a_broadcast(store)
        async with await a_viewer(here, broadcast) as viewer:
            line.silence()
            await store.actions.stage.push(store.org, broadcast, (await cards_of(store, broadcast))[0], BY, uuid4())

            async with asyncio.timeout(2):
                await viewer.published("card_pushed")
            assert here.bus.healthy
        line.speak()
        await line.cut()


async def test_a_subscription_that_is_cut_costs_nobody_a_card(store: Store, servers: Servers) -> None:
    """What was announced to nobody is looked for when it is taken up again; the poll is a minute away."""
    async with (
        running_gateway(store, servers.valkey_url, poll_seconds=60, poll_unhealthy_seconds=60) as here,
        running_gateway(store, DEAF) as there,
        Redis.from_url(servers.valkey_url) as valkey,
    ):
        broadcast = await a_broadcast(there.store)
        cards = await cards_of(there.store, broadcast)
        await eventually(lambda: _is(here.bus, healthy=True))
        async with await a_viewer(here, broadcast) as viewer:
            for card in cards[:2]:
                assert await valkey.client_kill_filter(_type="pubsub") > 0
                await there.store.actions.stage.push(store.org, broadcast, card, BY, uuid4())

                assert (await viewer.published("card_pushed"))["card"]["id"] == str(card)
                await eventually(lambda: _is(here.bus, healthy=True))


async def test_a_line_on_which_nothing_may_be_said_is_not_there(
    servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    """With every announcement it was away, and back half a second later."""

    async def is_said() -> bool:
        return "valkey is away" in caplog.text

    async with a_user(servers, "+@all", "-publish", "~*", "&*") as url:
        bus = ValkeyBus(url)
        listening = asyncio.ensure_future(bus.listen(lambda *_: None, lambda: None))
        await eventually(is_said)
        assert not bus.healthy
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


async def test_a_line_with_nothing_to_announce_is_never_idle(servers: Servers) -> None:
    """Servers and proxies close what says nothing for minutes; the first push of a show comes after such a silence."""
    bus = ValkeyBus(servers.valkey_url)
    async with Redis.from_url(servers.valkey_url) as valkey, asyncio.TaskGroup() as group:
        listening = group.create_task(bus.listen(lambda *_: None, lambda: None))

        await eventually(lambda: _asks(valkey))

        listening.cancel()


async def test_a_bus_that_is_stopped_while_connecting_stops(servers: Servers) -> None:
    """The library loses a cancellation that comes in these moments; a worker once hung at its end for it."""
    for steps in range(30):
        listening = asyncio.ensure_future(ValkeyBus(servers.valkey_url).listen(lambda *_: None, lambda: None))
        for _ in range(steps):
            await asyncio.sleep(0)
        listening.cancel()

        _, still_running = await asyncio.wait([listening], timeout=PATIENCE)

        assert not still_running


async def _is(bus: ValkeyBus, *, healthy: bool) -> bool:
    return bus.healthy is healthy


async def _open(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return await asyncio.open_unix_connection(parts.path)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def _heard(by: list[BroadcastId], broadcast: BroadcastId) -> bool:
    return broadcast in by


async def _asks(valkey: Redis) -> bool:
    return [line["cmd"] for line in await valkey.client_list(_type="pubsub")] == ["ping"]


async def _is_said(bus: ValkeyBus) -> bool:
    return bool(bus._unanswered)
