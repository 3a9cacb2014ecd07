"""One public port for HTTP and WebSocket: looks at the first bytes and hands the connection on."""

import asyncio
from collections.abc import Callable
from typing import cast

from realtime.gateway import Gateway

SOCKET_PATH = b"/connection/websocket"
MAX_HEAD_BYTES = 16 * 1024
HEAD_SECONDS = 10.0
"""For a connection to say what it wants."""


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
        return None if len(head) < MAX_HEAD_BYTES else False
    return any(
        name.strip().lower() == b"upgrade" and b"websocket" in value.lower()
        for name, _, value in (line.partition(b":") for line in request.split(b"\r\n")[1:])
    )


class FrontDoor(asyncio.Protocol):
    """A connection that has not said yet what it wants."""

    def __init__(self, gateway: Gateway, http: Callable[[], asyncio.Protocol]) -> None:
        self._gateway = gateway
        self._http = http
        self._head = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._gateway.heartbeat.after(HEAD_SECONDS, self._must_have_spoken)

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        self._head += data
        socket_wanted = wants_socket(self._head)
        if socket_wanted is None:
            return
        transport, self._transport = self._transport, None
        _hand_over(transport, self._gateway.new_wire() if socket_wanted else self._http(), self._head)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def _must_have_spoken(self) -> None:
        if self._transport is not None:
            self._transport.abort()
