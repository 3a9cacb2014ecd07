"""A WebSocket by hand: every bit of a frame can be said wrongly, and every frame of the server is seen."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

from storage.pool import open_database
from stream_jobs.embedded import Servers
from stream_jobs.keys import Keys
from tests.builders import Clock, a_store
from tests.clients import PATIENCE, Running, running_gateway
from tests.databases import a_database, url_of

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEYS = Keys(signing=b"s" * 32, master=b"m" * 32, pepper=b"p" * 32)
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPTED = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""What the key of RFC 6455 §1.3 is answered with."""


@asynccontextmanager
async def a_gateway_of_its_own(servers: Servers, template: str, **changes: Any) -> AsyncIterator[Running]:
    """One for many tests, with a database and a clock of its own; settings can be changed by name."""
    async with a_database(servers, template) as name, open_database(url_of(servers, name), size=4) as database:
        store = await a_store(database, KEYS, Clock())
        async with running_gateway(store, servers.valkey_url, **changes) as running:
            yield running


def an_upgrade(method: str = "GET", version: str = "HTTP/1.1", **headers: str | None) -> bytes:
    """The request of RFC 6455 §1.3; headers are named with underscores, None leaves one out."""
    given: dict[str, str | None] = {
        "Host": "127.0.0.1",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
    return "\r\n".join([f"{method} /connection/websocket {version}", *lines, "", ""]).encode()


def a_frame(opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """RFC 6455 §5.2, right or wrong; reserved are its three bits."""
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    size, mark = len(payload), 0x80 if masked else 0
    if size < 126:
        head = bytes((first, mark | size))
    elif size < 65536:
        head = bytes((first, mark | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, mark | 127)) + size.to_bytes(8, "big")
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def a_close(code: int, reason: bytes = b"") -> bytes:
    return a_frame(CLOSE, code.to_bytes(2, "big") + reason)


class RawSocket:
    """One TCP connection; an EOF and a reset are both its end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        # What the server said before it hung up can still be read.
        with suppress(ConnectionError):
            await self._writer.drain()

    @property
    def is_gone(self) -> bool:
        """Whether our end knows already that theirs hung up."""
        return self._writer.is_closing()

    async def head(self) -> bytes:
        """Of an HTTP response; empty when the server hung up instead."""
        async with asyncio.timeout(PATIENCE):
            try:
                return await self._reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return b""

    async def read(self, size: int) -> bytes:
        """So many bytes of a body."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readexactly(size)

    async def frame(self) -> tuple[int, bytes] | None:
        """Opcode and payload of the server's next frame, whole, unmasked and without reserved bits; None at the end."""
        async with asyncio.timeout(PATIENCE):
            try:
                first, size = await self._reader.readexactly(2)
                assert first & 0xF0 == 0x80
                assert size < 128
                if size >= 126:
                    size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
                return first & 0x0F, await self._reader.readexactly(size)
            except (asyncio.IncompleteReadError, ConnectionError):
                return None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()


async def a_raw_socket(running: Running) -> RawSocket:
    """Connected, and silent."""
    return RawSocket(*await asyncio.open_connection(running.host, running.port))


async def a_slow_socket(running: Running, *commands: object) -> RawSocket:
    """Says these commands in one message, and its kernel takes little of the answers before it reads."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, (running.host, running.port))
    slow = RawSocket(*await asyncio.open_connection(sock=sock, limit=1024))
    await slow.send(an_upgrade() + a_frame(TEXT, "\n".join(map(json.dumps, commands)).encode()))
    await slow.head()
    return slow


async def an_open_socket(running: Running) -> RawSocket:
    """Past the handshake."""
    socket = await a_raw_socket(running)
    await socket.send(an_upgrade())
    assert (await socket.head()).startswith(b"HTTP/1.1 101 ")
    return socket
