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
    """A connection that has not said yet what it wants."""

    def __init__(self, gateway: Gateway, http: Callable[[], asyncio.Protocol]) -> None:
        self._gateway = gateway
        self._http = http
        self._head = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._gateway.heads.enter(self):
            self._gateway.heartbeat.after(HEAD_SECONDS, self.give_up)
        else:
            self._transport.abort()
            self._transport = None

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        # Empty lines before a request are no part of it (RFC 9112 §2.2).
        self._head = self._head + data if self._head else data.lstrip(b"\r\n")
        if is_too_long(self._head):
            self.give_up()
            return
        socket_wanted = wants_socket(self._head)
        if socket_wanted is None or not (socket_wanted or is_for_http(self._head)):
            return
        transport, head = self._leave()
        _hand_over(transport, self._gateway.new_wire() if socket_wanted else self._http(), head)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._leave()

    def give_up(self) -> None:
        """Drops a connection that has not said yet what it wants; does nothing to others."""
        if self._transport is not None:
            self._transport.abort()

    def _leave(self) -> tuple[asyncio.Transport, bytes]:
        """The connection and what came over it; nothing of either is kept here."""
        assert self._transport is not None
        left = self._transport, self._head
        self._transport, self._head = None, b""
        self._gateway.heads.leave(self)
        return left
