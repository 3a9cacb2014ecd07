"""Thousands of viewers in one small C process, so that the machine is left to what is measured."""

import asyncio
import json
import tempfile
from array import array
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stream_jobs.bench.tools import built
from stream_jobs.domain.errors import StartError

SOCKET_PATH = "/connection/websocket"


@dataclass(frozen=True, slots=True)
class Place:
    """Which channel is followed, with a token a viewer, and from where it is recovered."""

    channel: str
    tokens: Sequence[str]
    epoch: str = ""
    offset: int = -1


class Viewers:
    """Whoever is told: says what was heard, and how late it was."""

    def __init__(self, process: asyncio.subprocess.Process, number: int, kept: Path) -> None:
        self._process = process
        self.number = number
        self._kept = kept
        self._reported = 0

    async def welcome(self, seconds: float) -> dict[str, Any]:
        """Once all of them are connected, and subscribed where there is a channel."""
        return await self._event("welcome", seconds)

    async def heard(self, number: int, seconds: float) -> None:
        """Once so many timed messages were heard since the last report, over all viewers. Raises TimeoutError."""
        await self._say(f"until {self._reported + number}")
        await self._event("heard", seconds)

    async def settled(self, offset: int, seconds: float) -> None:
        """Once everybody is here and has heard everything up to that offset."""
        await self._say(f"settle {offset}")
        await self._event("settled", seconds)

    async def report(self, *, keep: bool = False) -> dict[str, Any]:
        """What was heard since the last report; keep: its delays are kept."""
        await self._say(f"report {self._kept}" if keep else "report")
        said = await self._event("report", 60)
        self._reported += said["heard"]
        return said

    def delays(self) -> "array[float]":
        """Of every message of the reports that kept them, in seconds."""
        return array("f", self._kept.read_bytes())

    async def stall(self, number: int) -> None:
        """So many read no more."""
        await self._say(f"stall {number}")

    async def resume(self) -> None:
        await self._say("resume")

    async def _say(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(command.encode() + b"\n")
        await self._process.stdin.drain()

    async def _event(self, name: str, seconds: float) -> dict[str, Any]:
        """Raises TimeoutError."""
        assert self._process.stdout is not None
        async with asyncio.timeout(seconds):
            while line := await self._process.stdout.readline():
                said: dict[str, Any] = json.loads(line)
                if said["event"] == name:
                    return said
        raise StartError("The viewers of this benchmark ended before they had heard everything.")

    @property
    def pid(self) -> int:
        return self._process.pid


@asynccontextmanager
async def viewers_of(
    port: int,
    number: int,
    *,
    size: int | None = None,
    path: str = "/",
    place: Place | None = None,
    first: str | None = None,
    nth: int = 0,
    at_once: int = 512,
) -> AsyncIterator[Viewers]:
    """So many, dialling from now on until the block ends; at_once handshakes are under way, all of them for 0.

    size is that of every timed message; who hears another counts it in other_sizes.
    Every process of viewers has another nth: each has its own addresses.
    """
    program = built("load")
    with tempfile.TemporaryDirectory(prefix="stream-jobs-viewers-") as folder:
        said = ["-a", str(nth), "-p", str(at_once), "-s", str(size or 0)]
        if place:
            tokens = Path(folder) / "tokens"
            tokens.write_text("\n".join(place.tokens) + "\n")
            said += ["-c", place.channel, "-t", str(tokens), "-e", place.epoch, "-o", str(place.offset)]
        if first is not None:
            said += ["-f", first]
        async with running(str(program), str(port), path, str(number), *said) as process:
            yield Viewers(process, number, Path(folder) / "delays")


@asynccontextmanager
async def running(*command: str, env: Mapping[str, str] | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that is spoken with over its own stdin and stdout, and gone when the block ends."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=env
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
