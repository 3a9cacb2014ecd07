"""The least a server can do: one send() a viewer from a C loop, measured beside ours in the same run."""

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from stream_jobs.bench.telling import Telling, telling
from stream_jobs.bench.tools import built
from stream_jobs.bench.viewers import Place, running, viewers_of
from stream_jobs.domain.errors import StartError

CONNECT_SECONDS = 60.0
SETTLE_SECONDS = 0.5
ANSWER_SECONDS = 60.0
LEAVE_SECONDS = 10.0


class Program:
    """A program that only sends, as c/floor.c does. Raises StartError once it has ended."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def send(self) -> None:
        await self._say("go")

    async def cpu_seconds(self) -> float:
        await self._say("cpu")
        return float((await _line(self._process))["cpu_s"])

    async def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        with suppress(ConnectionError):  # it has ended, which is seen by what it does not say
            self._process.stdin.write(word.encode() + b"\n")
            await self._process.stdin.drain()


@asynccontextmanager
async def the_floor(viewers: int, size: int, *, nth: int) -> AsyncIterator[Telling]:
    """Connected and waiting; every message has that size."""
    async with a_sender([str(built("floor"))], viewers, size, nth=nth) as floor:
        yield floor


@asynccontextmanager
async def a_sender(
    program: Sequence[str],
    viewers: int,
    size: int,
    *,
    nth: int,
    path: str = "/",
    first: str | None = None,
    place: Place | None = None,
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[Telling]:
    """A program that speaks as c/floor.c does, and viewers of its own."""
    async with running(*program, str(viewers), str(size), env=env) as process:
        try:
            port = (await _line(process))["port"]
            async with viewers_of(port, viewers, size=size, path=path, first=first, place=place, nth=nth) as crowd:
                await crowd.welcome(CONNECT_SECONDS)
                # The last replies to handshakes are still under way.
                await asyncio.sleep(SETTLE_SECONDS)
                yield await telling(Program(process), [crowd])
        finally:
            await _ended(process)


async def _line(process: Process) -> dict[str, Any]:
    """What it says next. Raises StartError, or TimeoutError."""
    assert process.stdout is not None
    async with asyncio.timeout(ANSWER_SECONDS):
        line = await process.stdout.readline()
    if not line:
        raise StartError("the program ended before it was told to.")
    said: dict[str, Any] = json.loads(line)
    return said


async def _ended(process: Process) -> None:
    """It ends with its stdin, and takes with it what it started; killed, it could not."""
    assert process.stdin is not None
    process.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(LEAVE_SECONDS):
            await process.wait()
