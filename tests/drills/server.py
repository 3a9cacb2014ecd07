"""The real server in a process of its own, through all its lives."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

from stream_jobs.embedded import Servers
from stream_jobs.keys import Keys
from stream_jobs.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
PROGRAM = ("-m", "stream_jobs")
START_SECONDS = 60.0
LOOK_SECONDS = 3.0


@dataclass
class Server:
    """`stream-jobs serve`, on one port through all its lives; what it logs is in `log`."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    port: int = 0
    ops_url: str = ""
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                "--port",
                str(self.port),
                "--json",
                cwd=ROOT,
                env=self.environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server did not start: {self.log.read_text(errors='replace').strip()[-400:]}")
        said = json.loads(line)
        self.port, self.ops_url = urlsplit(said["socket_url"]).port or 0, said["ops_url"]

    async def stop(self, how: signal.Signals) -> None:
        """Waits until it is gone."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            self.process.send_signal(how)
        await self.process.wait()

    async def kill(self) -> None:
        await self.stop(signal.SIGKILL)

    async def says(self, path: str) -> int:
        """The status of /livez or /readyz; 0 when nobody answers."""
        with suppress(ClientError, TimeoutError):
            async with (
                ClientSession(timeout=ClientTimeout(LOOK_SECONDS)) as client,
                client.get(f"{self.ops_url}/{path}") as response,
            ):
                return response.status
        return 0

    async def ready(self) -> bool:
        return await self.says("readyz") == 200

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/connection/websocket"

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def a_server(
    servers: Servers,
    database_url: str,
    keys: Keys,
    folder: Path,
    *,
    program: tuple[str, ...] = PROGRAM,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Server]:
    """Serving that database with those keys; killed at the end. How often a device may do something is not limited."""
    _write_keys(keys, folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment |= {f"{PREFIX}{name.upper()}": "1000000" for name in Settings.model_fields if name.endswith(UNLIMITED)}
    environment |= {
        f"{PREFIX}DATABASE_URL": database_url,
        f"{PREFIX}VALKEY_URL": servers.valkey_url,
        f"{PREFIX}KEYS": str(folder),
        f"{PREFIX}DATA": str(folder / "data"),
        **{PREFIX + name.upper(): value for name, value in (settings or {}).items()},
    }
    server = Server([sys.executable, *program, "serve"], environment, folder / "server.log")
    await server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.returncode is None:
            await server.kill()


def _write_keys(keys: Keys, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("signing", "master", "pepper"):
        (folder / f"{name}.key").write_text(getattr(keys, name).hex())


# One crowd on one machine stands for thousands of devices behind as many addresses.
UNLIMITED = ("_per_minute", "_per_hour")
