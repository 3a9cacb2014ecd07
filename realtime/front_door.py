"""One public port for HTTP and WebSocket: looks at the first bytes and hands the connection on."""

import asyncio
import re
from collections.abc import Callable
from typing import cast

from realtime.gateway import Gateway

SOCKET_PATH = b"/connection/websocket"
MAX_HEAD_BYTES = 16 * 1024
HEAD_SECONDS = 10.0
"""For a connection to say what it wants."""
_END = re.compile(rb"\n\r?\n")
_UPGRADES = re.compile(rb"\r\n[\t ]*upgrade[\t ]*:[^\r]*websocket", re.IGNORECASE)


def front_door(gateway: Gateway, http: Callable[[], asyncio.Protocol]) -> Callable[[], asyncio.Protocol]:
    """A protocol factory for a listening socket; `http` makes the protocol of everything that is no WebSocket."""
    return lambda: FrontDoor(gateway, http)


def take_over(gateway: Gateway, transport: asyncio.Transport, head: bytes) -> None:
    """Makes a WebSocket of a connection that HTTP was spoken on before; head is the whole upgrade request."""
    door = transport.get_protocol()
    if isinstance(door, FrontDoor):
        door.leave()
    _hand_over(transport, gateway.new_wire(), head)


def _hand_over(transport: asyncio.Transport, protocol: asyncio.Protocol, received: bytes) -> None:
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    # A handshake is answered before anything behind it is looked at.
    head, end, rest = received.partition(b"\r\n\r\n")
    protocol.data_received(head + end)
    if rest and not transport.is_closing():
        protocol.data_received(rest)


def wants_socket(head: bytes) -> bool | None:
    """Whether these first bytes ask for our WebSocket; None when more of them are needed to tell."""
    start = b"GET " + SOCKET_PATH
    if not start.startswith(head[: len(start)]):
        return False
    if len(head) > len(start) and head[len(start) : len(start) + 1] not in (b" ", b"?"):
        return False
    request, complete, _ = head.partition(b"\r\n\r\n")
    if not complete:
        return None
    return _UPGRADES.search(request) is not None


def is_for_http(head: bytes) -> bool:
    """Whether HTTP can answer at once: it would wait for the rest of a head for ever."""
    return _END.search(head) is not None or not head[:1].isalpha()


def is_too_long(head: bytes) -> bool:
    return len(head) >= MAX_HEAD_BYTES and _END.search(head, 0, MAX_HEAD_BYTES) is None


class FrontDoor(asyncio.Protocol):
    """A connection that has not said yet what it wants, or that HTTP is spoken on; a socket it is not any more.

    It counts until it ends. HTTP that was silent longest makes room for newcomers, whatever it waits for.
    """

    __slots__ = ("_gateway", "_head", "_http", "_page", "_transport")

    def __init__(self, gateway: Gateway, http: Callable[[], asyncio.Protocol]) -> None:
        self._gateway = gateway
        self._http = http
        self._head = b""
        self._page: asyncio.Protocol | None = None
        # None from the moment it is not counted here.
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._gateway.pages.enter(self):
            self._gateway.heartbeat.after(HEAD_SECONDS, self._must_have_spoken)
        else:
            self._transport.abort()
            self._transport = None

    def data_received(self, data: bytes) -> None:
        if self._page is not None:
            self._gateway.pages.stir(self)
            self._page.data_received(data)
        elif self._transport is not None:
            # Empty lines before a request are no part of it (RFC 9112 §2.2).
            self._head = self._head + data if self._head else data.lstrip(b"\r\n")
            self._decide(self._transport)

    def _decide(self, transport: asyncio.Transport) -> None:
        if is_too_long(self._head):
            self.give_up()
            return
        socket_wanted = wants_socket(self._head)
        if socket_wanted is None or not (socket_wanted or is_for_http(self._head)):
            return
        head, self._head = self._head, b""
        if socket_wanted:
            self.leave()
            _hand_over(transport, self._gateway.new_wire(), head)
        else:
            self._page = self._http()
            self._page.connection_made(transport)
            self._page.data_received(head)

    def eof_received(self) -> bool | None:
        return self._page.eof_received() if self._page is not None else None

    def pause_writing(self) -> None:
        if self._page is not None:
            self._page.pause_writing()

    def resume_writing(self) -> None:
        """Somebody reads on."""
        if self._page is not None:
            self._gateway.pages.stir(self)
            self._page.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self.leave()
        if self._page is not None:
            self._page.connection_lost(exc)

    def give_up(self) -> None:
        """Drops the connection without a word; does nothing to one that has left."""
        if self._transport is not None:
            self._transport.abort()

    def _must_have_spoken(self) -> None:
        if self._page is None:
            self.give_up()

    def leave(self) -> None:
        """From now on it is somebody else's, or gone; doing it again changes nothing."""
        if self._transport is not None:
            self._transport = None
            self._gateway.pages.leave(self)
