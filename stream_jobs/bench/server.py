"""A `stream-jobs` that serves in a process of its own, through all its lives."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from stream_jobs.bench.cpu import family
from stream_jobs.domain.errors import StartError
from stream_jobs.embedded import Servers
from stream_jobs.settings import PREFIX, Settings

PROGRAM = ("-m", "stream_jobs")
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LOOK_SECONDS = 3.0
WAYS = ("io_uring", "one call each")
# One crowd on one machine stands for the world's devices and addresses: limits are asked, and let everybody in.
UNLIMITED = {name: "1000000" for name in Settings.model_fields if name.endswith(("_per_minute", "_per_hour"))}


@dataclass(slots=True)
class Server:
    """One port through all its lives; what it logs is in `log`."""

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    workers: int = 1
    port: int = 0
    ops_url: str = ""
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> Mapping[str, Any]:
        """Ready when it returns what its line of JSON says."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                *("--port", str(self.port), "--json"),
                *(("--workers", str(self.workers)) if self.workers > 1 else ()),
                env=self.environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            line = await self.process.stdout.readline()
        if not line:
            raise StartError(f"The server did not start: {self.log.read_text(errors='replace').strip()[-400:]}")
        said: Mapping[str, Any] = json.loads(line)
        self.port, self.ops_url = urlsplit(said["socket_url"]).port or 0, said["ops_url"]
        return said

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Waits until it is gone, and kills it when that takes too long; does nothing when it is gone already."""
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    async def kill(self) -> None:
        await self.stop(signal.SIGKILL)

    async def says(self, path: str) -> int:
        """The status of /livez or /readyz; 0 when nobody answers."""
        status, _ = await self._answer(path)
        return status

    async def ready(self) -> bool:
        return await self.says("readyz") == 200

    async def passes(self, check: str) -> bool:
        """Whether /readyz says so; false when nobody answers."""
        _, said = await self._answer("readyz")
        return bool(said.get("checks", {}).get(check))

    async def _answer(self, path: str) -> tuple[int, Mapping[str, Any]]:
        with suppress(ClientError, TimeoutError):
            async with (
                ClientSession(timeout=ClientTimeout(LOOK_SECONDS)) as client,
                client.get(f"{self.ops_url}/{path}") as response,
            ):
                return response.status, await response.json()
        return 0, {}

    async def metric(self, name: str) -> list[float]:
        """What /metrics says under this name: one value, or one a worker."""
        async with ClientSession() as client, client.get(f"{self.ops_url}/metrics") as response:
            said = await response.text()
        return [float(line.split()[-1]) for line in said.splitlines() if line.startswith(name)]

    async def keep_metrics(self, to: Path) -> None:
        """What it tells of itself, for a search; nothing when nobody answers."""
        with suppress(ClientError, TimeoutError):
            async with (
                ClientSession(timeout=ClientTimeout(LOOK_SECONDS)) as client,
                client.get(f"{self.ops_url}/metrics") as response,
            ):
                await asyncio.to_thread(to.write_bytes, await response.read())

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def serving(self) -> list[int]:
        """The processes that hold viewers: its workers, those that live now; else itself."""
        return family(self.pid)[1:] if self.workers > 1 else [self.pid]

    @property
    def sent_by(self) -> str:
        """How rooms are written to, as its processes logged when they started."""
        said = self.log.read_text(errors="replace")
        return " and ".join(way for way in WAYS if f"rooms are written to by={way}" in said)

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/connection/websocket"

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def environment_of(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's, with nobody's settings but these: what is seen must not depend on who asked for it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | {PREFIX + name.upper(): value for name, value in settings.items()}


@asynccontextmanager
async def a_server(
    servers: Servers,
    folder: Path,
    *,
    program: Sequence[str] = PROGRAM,
    settings: Mapping[str, str] | None = None,
    workers: int = 1,
) -> AsyncIterator[Server]:
    """Serving from that folder, with the keys in its `keys`; killed at the end."""
    places = {"database_url": servers.database_url, "valkey_url": servers.valkey_url, "data": str(folder)}
    environment = environment_of({**UNLIMITED, **places, **(settings or {})})
    server = Server([sys.executable, *program, "serve"], environment, folder / "server.log", workers)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()
