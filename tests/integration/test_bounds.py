"""Whatever a connection does, what it costs is bounded: in time, in number, in bytes, in work."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from realtime import front_door, gateway
from realtime.heartbeat import GRACE_SECONDS
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.embedded import Servers
from tests.builders import a_broadcast
from tests.clients import PATIENCE, Running, a_connected, a_socket, a_viewer, eventually
from tests.sockets import (
    CLOSE,
    CONT,
    PING,
    PONG,
    TEXT,
    RawSocket,
    a_frame,
    a_gateway_of_its_own,
    a_raw_socket,
    an_open_socket,
    an_upgrade,
)

CONNECT_SECONDS, PING_SECONDS, PONG_SECONDS = 0.4, 1.0, 0.4
PLACES = 4


@pytest_asyncio.fixture(scope="module")
async def running(servers: Servers, template: str) -> AsyncIterator[Running]:
    """Everything 25 times as fast as outside, and few places."""
    impatient = {"connect_seconds": CONNECT_SECONDS, "ping_seconds": PING_SECONDS, "pong_seconds": PONG_SECONDS}
    async with a_gateway_of_its_own(servers, template, max_connections=PLACES, **impatient) as started:
        yield started


@pytest_asyncio.fixture(scope="module")
async def broadcast(running: Running) -> BroadcastId:
    return await a_broadcast(running.store)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front_door, "HEAD_SECONDS", CONNECT_SECONDS)


async def _drip(socket: RawSocket, data: bytes) -> None:
    """A byte now and then, for as long as anybody listens."""
    for at in range(len(data)):
        await socket.send(data[at : at + 1])
        await asyncio.sleep(0.02)


async def _until_closed(socket: RawSocket) -> list[tuple[int, bytes]]:
    """What was said, the close included."""
    said = []
    while heard := await socket.frame():
        said.append(heard)
        if heard[0] == CLOSE:
            break
    return said


def _code(said: list[tuple[int, bytes]]) -> int:
    assert said[-1][0] == CLOSE
    return int.from_bytes(said[-1][1][:2], "big")


# ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "head",
    [b"", b"\r\n", an_upgrade(), b"GET /hello HTTP/1.1\r\nX-Slow: " + b"x" * 99],
    ids=["nothing", "empty lines", "socket", "page"],
)
async def test_who_does_not_finish_its_request_is_dropped(running: Running, head: bytes) -> None:
    """However busily it goes on about it, for a socket or for a page."""
    async with await a_raw_socket(running) as socket:
        dripping = asyncio.ensure_future(_drip(socket, head))

        async with asyncio.timeout(PATIENCE):
            assert await socket.frame() is None
        dripping.cancel()


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"], ids=["without end", "whole"])
@pytest.mark.parametrize("path", [b"/hello", b"/connection/websocket"], ids=["page", "socket"])
async def test_too_long_a_head_is_dropped_before_its_time_is_up(
    running: Running, monkeypatch: pytest.MonkeyPatch, path: bytes, end: bytes
) -> None:
    """Sixteen KiB of it are enough, all the same what it is for."""
    monkeypatch.setattr(front_door, "HEAD_SECONDS", 10 * PATIENCE)
    async with await a_raw_socket(running) as socket:
        await socket.send(b"\r\nGET %b HTTP/1.1\r\nX-Endless: %b%b" % (path, b"x" * front_door.MAX_HEAD_BYTES, end))

        async with asyncio.timeout(PATIENCE):
            assert await socket.head() == b""


@pytest.mark.parametrize(
    "busily",
    [a_frame(TEXT, b"{}"), a_frame(PONG), a_frame(TEXT, b'{"id":1,', fin=False), a_frame(TEXT, b"x" * 99)[:50]],
    ids=["pong of the protocol", "pong", "fragment", "half a frame"],
)
async def test_who_does_not_say_who_it_is_is_closed(running: Running, busily: bytes) -> None:
    """Pongs and beginnings are no connect command."""
    async with await an_open_socket(running) as socket:
        await socket.send(busily)

        async with asyncio.timeout(PATIENCE):
            assert _code(await _until_closed(socket)) == 3502


@pytest.mark.parametrize(
    "busily", [b"", a_frame(PONG), a_frame(TEXT, b"x" * 99)[:50]], ids=["nothing", "pong", "half a frame"]
)
async def test_a_dead_peer_is_noticed(running: Running, broadcast: BroadcastId, busily: bytes) -> None:
    """Between a ping and the patience for its pong, here 25 times as fast as the 35 seconds outside."""
    async with await an_open_socket(running) as socket:
        await socket.send(a_frame(TEXT, b'{"id":1,"connect":{"token":"%b"}}' % running.token(broadcast).encode()))
        assert (await socket.frame() or (0, b""))[0] == TEXT
        await socket.send(busily)

        async with asyncio.timeout(PATIENCE):
            assert _code(await _until_closed(socket)) == 3012


# ── work and bytes ────────────────────────────────────────────────────────────────────────────────────────────

FLOODS = {
    "pings": a_frame(PING, b"x" * 125),
    "empty pings": a_frame(PING),
    "pongs": a_frame(PONG),
    "pongs of the protocol": a_frame(TEXT, b"{}"),
    "empty fragments": a_frame(CONT, fin=False),
    "tiny fragments": a_frame(CONT, b" ", fin=False),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_a_flood_of_frames_is_closed_before_it_costs_much(running: Running, flood: bytes) -> None:
    """A quarter of a megabyte at once: a few frames are looked at, then none any more."""
    begun = a_frame(TEXT, b"{", fin=False) if flood[0] & 0x0F == CONT else b""
    async with await an_open_socket(running) as socket:
        await socket.send(begun + flood * (250_000 // len(flood)))

        said = await _until_closed(socket)

    assert _code(said) == 3013
    assert len(said) < 1000


async def test_who_goes_on_after_the_close_is_cut_off(running: Running) -> None:
    """A close is waited for, five seconds; a flood is not."""
    began = time.monotonic()
    async with await an_open_socket(running) as socket:
        async with asyncio.timeout(PATIENCE):
            while not socket.is_gone:
                await socket.send(a_frame(PING) * 1000)
    assert time.monotonic() - began < 0.8 * GRACE_SECONDS


# ── number ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_full_house_lets_in_whoever_says_who_it_is_before_those_who_do_not(
    running: Running, broadcast: BroadcastId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The longest silent gives its place up; when all have said who they are, the next one is told to come back.

    Pages have places of their own, also those whose line is slow.
    """
    monkeypatch.setattr(front_door, "HEAD_SECONDS", 10 * PATIENCE)
    await eventually(lambda: _is_empty(running))
    async with AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(await a_socket(running)) for _ in range(PLACES)]
        viewers = [await stack.enter_async_context(await a_viewer(running, broadcast)) for _ in range(PLACES)]
        assert [await one.close_code() for one in silent] == [1006] * PLACES

        async with await a_raw_socket(running) as page, await a_raw_socket(running) as late:
            await page.send(b"\r\nGET /hello HTTP/1.1\r\n")
            await late.send(an_upgrade())
            assert (await late.head()).startswith(b"HTTP/1.1 503 ")
            await page.send(b"Host: x\r\n\r\n")
            assert (await page.head()).startswith(b"HTTP/1.1 200 ")
        assert [(await one.rpc("mine"))["type"] for one in viewers] == ["mine"] * PLACES
    await eventually(lambda: _is_empty(running))
    async with await a_connected(running, running.token(broadcast)):
        pass


HELLO = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_pages_count_until_their_connection_ends_and_the_longest_idle_makes_room(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its first request a connection was counted nowhere: idle ones took all files, and nobody new came in."""
    monkeypatch.setattr(gateway, "SPARE_PLACES", 0)
    await eventually(lambda: _is_empty(running))
    async with AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(await a_raw_socket(running)) for _ in range(PLACES)]
        for page in pages:
            assert await _is_answered(page)
        assert running.gateway.pages.connections == PLACES
        assert await _is_answered(pages[0])

        for _ in range(2):
            assert await _is_answered(await stack.enter_async_context(await a_raw_socket(running)))

        await eventually(lambda: _holds(running, PLACES))
        assert [await page.head() for page in pages[1:3]] == [b""] * 2
        assert [await _is_answered(page) for page in (pages[0], pages[3])] == [True] * 2


async def test_who_sends_its_body_slowly_keeps_nobody_out(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every place is taken by a body that drips: the one that was silent longest goes."""
    monkeypatch.setattr(gateway, "SPARE_PLACES", 0)
    await eventually(lambda: _is_empty(running))
    async with AsyncExitStack() as stack:
        for _ in range(PLACES):
            slow = await stack.enter_async_context(await a_raw_socket(running))
            await slow.send(b"POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nslow")
        await eventually(lambda: _holds(running, PLACES))

        assert await _is_answered(await stack.enter_async_context(await a_raw_socket(running)))
        await eventually(lambda: _holds(running, PLACES))


async def test_a_page_that_becomes_a_socket_counts_as_one(running: Running, broadcast: BroadcastId) -> None:
    """HTTP first, and the upgrade on the same connection."""
    await eventually(lambda: _is_empty(running))
    async with await a_raw_socket(running) as page:
        assert await _is_answered(page)
        await page.send(an_upgrade())
        assert b" 101 " in await page.head()
        assert (running.gateway.pages.connections, running.gateway.sockets.connections) == (0, 1)
    await eventually(lambda: _is_empty(running))


async def _is_answered(page: RawSocket) -> bool:
    await page.send(HELLO)
    answered = (await page.head()).startswith(b"HTTP/1.1 200 ")
    await page.read(len(b'{"hello": "world"}'))
    return answered


async def _holds(running: Running, connections: int) -> bool:
    return running.gateway.pages.connections == connections


async def _is_empty(running: Running) -> bool:
    return running.gateway.sockets.connections + running.gateway.pages.connections == 0
