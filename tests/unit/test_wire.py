"""One connection's bytes, over a real socket pair, on both event loops."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import CloseCode, Frame, Opcode
from websockets.uri import parse_uri

from realtime.protocol import NO_PONG
from realtime.wire import Wire, WireLimits, frame

URI = parse_uri("ws://127.0.0.1/connection/websocket")
PATIENCE = 5.0
both_loops = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])


class _Ear:
    """Remembers what the wire told it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.events: list[str] = []
        self.hears = asyncio.Event()
        self.is_closed = asyncio.Event()

    def opened(self) -> None:
        self.events.append("opened")

    def received(self, text: bytes) -> None:
        self.heard.append(text)
        self.hears.set()

    def told_nothing(self) -> None:
        pass

    def closing(self) -> None:
        self.events.append("closing")

    def closed(self) -> None:
        self.events.append("closed")
        self.is_closed.set()


class _Peer:
    """The browser's end: the same library's client, bytes by hand."""

    def __init__(self, sock: socket.socket, wire: Wire, ear: _Ear) -> None:
        self.sock, self.wire, self.ear = sock, wire, ear
        self.protocol = ClientProtocol(URI, max_size=None)
        self._texts: list[str] = []

    async def open(self) -> None:
        self.protocol.send_request(self.protocol.connect())
        await self.flush()
        while self.protocol.state.name == "CONNECTING":
            await self.read()

    async def flush(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                await asyncio.get_running_loop().sock_sendall(self.sock, data)

    async def read(self) -> bytes:
        async with asyncio.timeout(PATIENCE):
            data = await asyncio.get_running_loop().sock_recv(self.sock, 65536)
        if data:
            self.protocol.receive_data(data)
        else:
            self.protocol.receive_eof()
        self._texts += [
            bytes(event.data).decode()
            for event in self.protocol.events_received()
            if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.CONT)
        ]
        return data

    async def text(self) -> str:
        while not self._texts:
            assert await self.read()
        return self._texts.pop(0)

    async def told(self, count: int) -> list[bytes]:
        """What the server heard, once it has heard so many."""
        async with asyncio.timeout(PATIENCE):
            while len(self.ear.heard) < count:
                self.ear.hears.clear()
                await self.ear.hears.wait()
        return self.ear.heard

    async def close_code(self) -> int | None:
        while self.protocol.close_rcvd is None:
            if not await self.read():
                break
        return self.protocol.close_rcvd.code if self.protocol.close_rcvd else None


@asynccontextmanager
async def _connected(limits: WireLimits | None = None) -> AsyncIterator[_Peer]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    ear = _Ear()
    wire = Wire(limits or WireLimits(8192, 262_144, 65_536), lambda origin, host: True, lambda _: ear)
    await asyncio.get_running_loop().connect_accepted_socket(lambda: wire, ours)
    peer = _Peer(theirs, wire, ear)
    await peer.open()
    try:
        yield peer
    finally:
        wire.abort()
        theirs.close()
        await ear.is_closed.wait()


def _run(new_loop: Callable[[], asyncio.AbstractEventLoop], test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs the test on a loop of its own, in a thread so that the tests' loop is left alone."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(test())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


@given(st.binary(max_size=70_000))
def test_a_ready_frame_is_what_the_library_would_send(payload: bytes) -> None:
    """One text frame, whatever its length."""
    assert frame(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


@both_loops
def test_messages_go_both_ways(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """Opened, heard in order, answered, closed once."""

    async def test() -> None:
        async with _connected() as peer:
            for text in (b"one", b"two"):
                peer.protocol.send_text(text)
            await peer.flush()
            heard = await peer.told(2)
            taken = peer.wire.send(frame("好".encode()))

            assert (heard, taken, await peer.text()) == ([b"one", b"two"], True, "好")
        assert peer.ear.events == ["opened", "closed"]

    _run(new_loop, test)


@both_loops
def test_a_message_in_fragments_and_single_bytes_is_heard_whole(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """A ping inside it is answered; what follows is understood too."""

    async def test() -> None:
        async with _connected() as peer:
            peer.protocol.send_text(b"hel", fin=False)
            peer.protocol.send_ping(b"there?")
            peer.protocol.send_continuation(b"lo", fin=True)
            peer.protocol.send_text(b"again")
            loop = asyncio.get_running_loop()
            for byte in b"".join(peer.protocol.data_to_send()):
                await loop.sock_sendall(peer.sock, bytes((byte,)))
                await asyncio.sleep(0)

            assert await peer.told(2) == [b"hello", b"again"]
            assert b"there?" in await peer.read()

    _run(new_loop, test)


@both_loops
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (Frame(Opcode.BINARY, b"x").serialize(mask=True), 3501),
        (Frame(Opcode.TEXT, b"x" * 1_000_000).serialize(mask=True), CloseCode.MESSAGE_TOO_BIG),
        (Frame(Opcode.TEXT, b"x" * 5000, False).serialize(mask=True), None),
        (
            Frame(Opcode.TEXT, b"x" * 5000, False).serialize(mask=True)
            + Frame(Opcode.CONT, b"x" * 5000, True).serialize(mask=True),
            CloseCode.MESSAGE_TOO_BIG,
        ),
        (Frame(Opcode.TEXT, b"unmasked").serialize(mask=False), CloseCode.PROTOCOL_ERROR),
        (Frame(Opcode.CONT, b"x", True).serialize(mask=True), CloseCode.PROTOCOL_ERROR),
    ],
    ids=["binary", "too big", "unfinished", "too big in parts", "unmasked", "continues nothing"],
)
def test_frames_that_may_not_be_are_answered_with_a_close(
    new_loop: Callable[[], asyncio.AbstractEventLoop], sent: bytes, code: int | None
) -> None:
    """The peer reads the code although it was still sending; half a message alone closes nothing."""

    async def test() -> None:
        async with _connected() as peer:
            sending = asyncio.ensure_future(asyncio.get_running_loop().sock_sendall(peer.sock, sent))
            if code is None:
                await sending
                assert peer.wire.open
            else:
                assert await peer.close_code() == code
                assert peer.protocol.close_rcvd
                assert peer.protocol.close_rcvd.reason
            await sending

    _run(new_loop, test)


@both_loops
def test_closing_says_why_and_finishes_the_handshake(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """After the peer's echo the connection is gone without anyone waiting."""

    async def test() -> None:
        async with _connected() as peer:
            peer.wire.close(NO_PONG)
            peer.wire.close(NO_PONG)

            assert not peer.wire.send(frame(b"too late"))
            assert await peer.close_code() == 3012
            await peer.flush()
            async with asyncio.timeout(PATIENCE):
                await peer.ear.is_closed.wait()
        assert peer.ear.events == ["opened", "closing", "closed"]

    _run(new_loop, test)


@both_loops
def test_a_peer_that_never_reads_is_closed_as_slow(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """When it reads at last it finds whole frames in order, and then the reason; no more waited than may."""

    async def test() -> None:
        async with _connected(WireLimits(8192, 16_384, 4096)) as peer:
            ready = [frame(b"%06d" % n + b"x" * 994) for n in range(2000)]
            sent, most = 0, 0
            while peer.wire.open and sent < len(ready):
                most = max(most, peer.wire.waiting)
                peer.wire.send(ready[sent])
                sent += 1

            assert sent < len(ready)
            assert 16_384 - len(ready[0]) < most <= 16_384
            assert peer.wire.waiting < most + 16, "nothing but the close"
            assert peer.wire.close_sent == 3008
            assert await peer.close_code() == 3008
            texts = [int(text[:6]) for text in peer._texts]
            assert texts == list(range(sent - 1))

    _run(new_loop, test)


@both_loops
@pytest.mark.parametrize("reads", [True, False], ids=["when it reads", "when it is gone"])
def test_whoever_waits_until_all_is_taken_goes_on(
    new_loop: Callable[[], asyncio.AbstractEventLoop], reads: bool
) -> None:
    """Nobody waits for a viewer that reads no more and has left."""

    async def test() -> None:
        async with _connected(WireLimits(8192, 1_000_000, 4096)) as peer:
            await peer.wire.until_drained()
            peer.wire.send(frame(b"x" * 500_000))
            waiting = asyncio.ensure_future(peer.wire.until_drained())
            await asyncio.sleep(0)
            assert peer.wire.waiting and not waiting.done()

            if reads:
                await peer.text()
            else:
                peer.wire.abort()

            async with asyncio.timeout(PATIENCE):
                await waiting
            assert peer.wire.waiting == 0

    _run(new_loop, test)
