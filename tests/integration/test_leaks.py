"""Viewers come and go all day: when the last has left, nothing of them is left."""

import asyncio
import gc
import itertools
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from realtime import client, front_door, room
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.embedded import Servers
from stream_jobs.ports import Topic
from tests.builders import Store, a_broadcast, a_long_log
from tests.clients import Running, a_connected, a_socket, a_viewer, eventually, push_card, running_gateway
from tests.sockets import (
    PING,
    TEXT,
    RawSocket,
    a_frame,
    a_gateway_of_its_own,
    a_raw_socket,
    a_slow_socket,
    an_open_socket,
)

SECONDS = 0.2
AT_ONCE = 45
ROUNDS = 4


@pytest_asyncio.fixture(scope="module")
async def running(servers: Servers, template: str) -> AsyncIterator[Running]:
    patience = {"connect_seconds": 0.6, "ping_seconds": 5, "pong_seconds": 4}
    async with a_gateway_of_its_own(servers, template, **patience) as started:
        yield started


# ── ways to come and go ───────────────────────────────────────────────────────────────────────────────────────


async def _watches_and_says_goodbye(running: Running, broadcast: BroadcastId) -> None:
    async with await a_viewer(running, broadcast) as viewer:
        await viewer.ask(unsubscribe={"channel": f"broadcast:{broadcast}"})
        await viewer.ask(subscribe={"channel": f"broadcast:{broadcast}"})


async def _is_cut_off_while_it_watches(running: Running, broadcast: BroadcastId) -> None:
    viewer = await a_viewer(running, broadcast)
    viewer.socket.transport.abort()


async def _is_cut_off_before_it_is_answered(running: Running, broadcast: BroadcastId) -> None:
    viewer = await a_connected(running, running.token(broadcast))
    await viewer.tell(subscribe={"channel": f"broadcast:{broadcast}"})
    await viewer.tell(rpc={"method": "mine"})
    viewer.socket.transport.abort()


async def _follows_the_desk(running: Running, broadcast: BroadcastId) -> None:
    async with await a_connected(running, running.token(broadcast, "host")) as host:
        await host.ask(subscribe={"channel": f"desk:{broadcast}"})


async def _has_a_wrong_token(running: Running, broadcast: BroadcastId) -> None:
    async with await a_socket(running) as stranger:
        await stranger.tell(connect={"token": "x"})
        assert await stranger.close_code() == 3500


async def _says_nothing(running: Running, broadcast: BroadcastId) -> None:
    async with await an_open_socket(running) as silent:
        await silent.frame()


async def _goes_in_the_middle_of_a_message(running: Running, broadcast: BroadcastId) -> None:
    async with await an_open_socket(running) as half:
        await half.send(a_frame(TEXT, b"{", fin=False) + a_frame(PING) + a_frame(TEXT, b"x" * 99)[:50])
        await half.frame()


async def _goes_in_the_middle_of_a_request(running: Running, broadcast: BroadcastId) -> None:
    async with await a_raw_socket(running) as half:
        await half.send(b"GET /connection/websocket HTTP/1.1\r\n")


async def _floods(running: Running, broadcast: BroadcastId) -> None:
    async with await an_open_socket(running) as flood:
        await flood.send(a_frame(PING) * 1000)


WAYS: tuple[Callable[[Running, BroadcastId], Awaitable[None]], ...] = (
    _watches_and_says_goodbye,
    _is_cut_off_while_it_watches,
    _is_cut_off_before_it_is_answered,
    _follows_the_desk,
    _has_a_wrong_token,
    _says_nothing,
    _goes_in_the_middle_of_a_message,
    _goes_in_the_middle_of_a_request,
    _floods,
)


async def _churn(running: Running, broadcast: BroadcastId, rounds: int) -> int:
    """How many came and went."""
    ways = itertools.islice(itertools.cycle(WAYS), rounds * AT_ONCE)
    for number in range(rounds):
        async with asyncio.TaskGroup() as group:
            for way in itertools.islice(ways, AT_ONCE):
                group.create_task(_run(way(running, broadcast)))
        await push_card(running, broadcast, number % 2)
    return rounds * AT_ONCE


async def _run(going: Awaitable[None]) -> None:
    await going


# ── what is left ──────────────────────────────────────────────────────────────────────────────────────────────


OF_CONNECTIONS = (
    *("realtime.", "stream_jobs.", "websockets.", "asyncio.selector_events.", "asyncio.tasks.", "_asyncio.", "socket."),
    *("builtins.coroutine", "builtins.generator"),
)
"""What holds a connection would be one of these; other parts keep caches of statements and dead timers."""


@dataclass(frozen=True)
class Left:
    """Of this process, counted."""

    descriptors: int
    tasks: int
    timers: int
    objects: Counter[str]


def _timers() -> int:
    loop = asyncio.get_running_loop()
    # A pool of connections to the database forgets its statements by timers, as many as it has met.
    # The loop says of its timers nowhere else.
    return sum(not timer.cancelled() and "asyncpg" not in repr(timer) for timer in loop._scheduled)  # type: ignore[attr-defined]


def _left() -> Left:
    gc.collect()
    objects = Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())
    kept = Counter({name: count for name, count in objects.items() if name.startswith(OF_CONNECTIONS)})
    return Left(len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks()), _timers(), kept)


async def _left_after(before: Left) -> Left:
    """Once the timers of the last who left have run out; those that stay are told of."""

    async def ran_out() -> bool:
        return _timers() <= before.timers

    with suppress(TimeoutError):
        await eventually(ran_out)
    return _left()


async def _is_quiet(running: Running) -> bool:
    gateway = running.gateway
    return not (
        gateway.sockets.connections
        or gateway.pages.connections
        or len(gateway.heartbeat)
        or gateway.heartbeat.promised
        or running.registry.get_sample_value("stream_jobs_rooms")
    )


def _grown(before: Left, after: Left, fewest: float) -> dict[str, int]:
    """Kinds of objects of which there are so many more."""
    return {name: more for name, more in (after.objects - before.objects).items() if more > fewest}


async def test_nothing_is_left_of_those_who_left(
    running: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Hundreds come and go in nine ways; sockets, tasks, timers, seats, rooms and objects are as before them."""
    monkeypatch.setattr(client, "GRACE_SECONDS", SECONDS)
    monkeypatch.setattr(front_door, "HEAD_SECONDS", SECONDS)
    monkeypatch.setattr(room, "IDLE_SECONDS", SECONDS)
    broadcast = await a_broadcast(running.store)
    await _churn(running, broadcast, 2)
    await eventually(lambda: _is_quiet(running))
    before = _left()

    many = await _churn(running, broadcast, ROUNDS)
    await eventually(lambda: _is_quiet(running))
    after = await _left_after(before)

    one_way = many / len(WAYS)
    assert _grown(before, after, one_way / 2) == {}
    assert after.descriptors <= before.descriptors + 5
    assert after.tasks <= before.tasks + 2
    assert after.timers <= before.timers + 2
    # What cannot be sent any more is not tried again for every pong of a flood.
    assert "socket.send()" not in caplog.text


# ── those who do not leave by themselves ──────────────────────────────────────────────────────────────────────

LET_GO = 12


async def _silent(running: Running, broadcast: BroadcastId, **asked: object) -> RawSocket:
    """Connected and subscribed; reads nothing and answers no ping."""
    subscribe = {"channel": f"broadcast:{broadcast}", **asked}
    token = {"id": 1, "connect": {"token": running.token(broadcast)}}
    return await a_slow_socket(running, token, {"id": 2, "subscribe": subscribe})


async def _let_go(running: Running, broadcast: BroadcastId) -> None:
    """As slow, without a pong, and without a pong on the way to the head of the log."""
    epoch = (await running.store.actions.stage.snapshot(running.store.org, broadcast)).epoch
    behind = {"recover": True, "epoch": epoch, "offset": 1}
    silent = [await _silent(running, broadcast, **(behind if nth % 2 else {})) for nth in range(2 * LET_GO)]
    await a_long_log(running.store, broadcast, 60, 1000)
    await running.bus.announce(broadcast, Topic.STAGE)
    await eventually(lambda: _is_quiet(running))
    for socket in silent:
        async with socket:
            pass


async def _see_out(running: Running, broadcast: BroadcastId) -> None:
    """Some are there when the server drains, some come after that."""
    silent = [await _silent(running, broadcast) for _ in range(LET_GO)]
    await running.gateway.drain(0.4)
    silent += [await _silent(running, broadcast) for _ in range(LET_GO)]
    for socket in silent:
        async with socket:
            pass


def _closes(running: Running, code: int) -> float:
    return running.registry.get_sample_value("stream_jobs_closes_total", {"code": str(code)}) or 0.0


async def test_nothing_is_left_of_those_who_were_let_go(
    store: Store, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed as slow, without a pong, on the way to the head, at a drain, or refused after it."""
    monkeypatch.setattr(client, "GRACE_SECONDS", SECONDS)
    monkeypatch.setattr(front_door, "HEAD_SECONDS", SECONDS)
    for patience in ("IDLE_SECONDS", "SWEEP_SECONDS"):
        monkeypatch.setattr(room, patience, SECONDS)
    bounds: dict[str, Any] = {"max_queued_bytes": 16_384, "send_buffer_bytes": 4096}
    bounds |= {"connect_seconds": 0.5, "ping_seconds": 0.5, "pong_seconds": 0.25}
    async with running_gateway(store, servers.valkey_url, **bounds) as running:
        broadcast = await a_broadcast(store)
        await a_long_log(store, broadcast, 300, 500)
        await _let_go(running, broadcast)
        before = _left()

        await _let_go(running, broadcast)
        slow, unanswered = _closes(running, 3008), _closes(running, 3012)
        await _see_out(running, broadcast)
        await eventually(lambda: _is_quiet(running))
        after = await _left_after(before)

    assert (slow, unanswered) == (2 * LET_GO, 2 * LET_GO)
    assert _closes(running, 3001) == LET_GO
    assert _grown(before, after, LET_GO / 2) == {}
    assert after.descriptors <= before.descriptors + 3
    assert after.tasks <= before.tasks + 1
    assert after.timers <= before.timers + 1
