"""Valkey in a data folder."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError, ConnectionError

from stream_jobs.embedded.folder import Home, server_folder
from stream_jobs.embedded.process import LOOK_AGAIN_SECONDS, ServerProcess, fresh_log

SOCKET = "valkey.sock"
READY_SECONDS = 30.0
STOP = ((signal.SIGTERM, 5.0),)


@asynccontextmanager
async def running(home: Home) -> AsyncIterator[str]:
    """The URL of a Valkey that answers."""
    folder = server_folder(home, "valkey")
    url = f"unix://{quote(str(home.sockets(folder) / SOCKET), safe='/')}"
    server = _start(home, folder)
    try:
        await _answering(server, url)
        yield url
    finally:
        await server.stop(STOP)


def _start(home: Home, folder: Path) -> ServerProcess:
    socket = ("--port", "0", "--unixsocket", f"{home.sockets_word()}/{SOCKET}", "--unixsocketperm", "700")
    durability = ("--appendonly", "yes", "--save", "", "--dir", ".")
    return ServerProcess(
        [home.binaries.valkey, *socket, *durability, "--daemonize", "no"],
        folder=folder,
        log=fresh_log(home.data / "valkey.log"),
        user=home.user,
        held=home.held,
        # What it has answered is in the kernel's hands already, so the surest signal loses nothing.
        orphan_signal=signal.SIGKILL,
    )


async def _answering(server: ServerProcess, url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    async with Redis.from_url(url) as client:
        while not server.ended() and time.monotonic() < deadline:
            try:
                await client.ping()
                return
            except (BusyLoadingError, ConnectionError):
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
    raise server.failure("Valkey did not start.")
