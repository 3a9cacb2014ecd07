"""Servers a user would pick instead, measured in the same run where scripts/fetch-peers has brought them."""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from stream_jobs.bench.floor import a_sender
from stream_jobs.bench.telling import Telling
from stream_jobs.bench.viewers import SOCKET_PATH, Place

SOURCES = Path(__file__).parent / "peers"
FETCHED = Path(".data/peers")
ENGINE_IO = "/socket.io/?EIO=4&transport=websocket"


@dataclass(frozen=True, slots=True)
class Rival:
    """One of them: what runs it, and how its viewers say hello."""

    name: str
    runs: str
    source: str
    needs: tuple[str, ...]
    path: str = "/"
    first: str | None = None
    channel: str | None = None

    def program(self) -> Sequence[str] | str:
        """The command, or why it cannot be run here."""
        if any(not _is_there(need) for need in self.needs):
            needs = " and ".join(self.needs)
            return f"skipped: it needs {needs}; scripts/fetch-peers brings what can be had into {fetched()}"
        runs = shutil.which(self.runs) or str(fetched() / self.runs)
        return [runs, str(SOURCES / self.source)]


def fetched() -> Path:
    """The folder they are in: in the one we are in, else beside the sources, where scripts/fetch-peers puts them."""
    return FETCHED.absolute() if FETCHED.is_dir() else Path(__file__).parents[2] / FETCHED


def _is_there(need: str) -> bool:
    """A package that was fetched, or a file or command of the machine."""
    here = fetched()
    found = [*here.glob(f"node_modules/{need}"), *here.glob(f"venv/lib/*/site-packages/{need}")]
    return bool(found) or Path(need).exists() or shutil.which(need) is not None


PYTHON = "venv/bin/python"
RIVALS = (
    Rival("picows", PYTHON, "picows_server.py", ("picows",)),
    Rival("nginx and nchan", sys.executable, "nchan_server.py", ("/usr/lib/nginx/modules/ngx_nchan_module.so",)),
    Rival("centrifugo", sys.executable, "centrifugo_server.py", ("centrifugo",), SOCKET_PATH, channel="all"),
    Rival("node ws", "node", "ws.js", ("node", "ws")),
    Rival("node socket.io", "node", "socketio.js", ("node", "socket.io"), ENGINE_IO, "40"),
    Rival("python-socketio", PYTHON, "socketio_server.py", ("socketio",), ENGINE_IO, "40"),
)


def _environment() -> dict[str, str]:
    """Programs of Node find their packages by NODE_PATH."""
    return {**os.environ, "NODE_PATH": str(fetched() / "node_modules")}


@asynccontextmanager
async def a_rival(rival: Rival, program: Sequence[str], viewers: int, size: int, *, nth: int) -> AsyncIterator[Telling]:
    """Connected and waiting, as the floor is; subscribed where there is a channel, which asks nobody for a token."""
    place = Place(rival.channel, [""] * viewers) if rival.channel else None
    said = (program, viewers, size)
    async with a_sender(*said, nth=nth, path=rival.path, first=rival.first, place=place, env=_environment()) as sender:
        yield sender
