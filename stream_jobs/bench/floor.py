"""The least a server can do: one send() a viewer from a C loop, measured beside ours in the same run."""

import asyncio
import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from stream_jobs.bench.tools import built
from stream_jobs.bench.viewers import Viewers, running, viewers_of
from stream_jobs.domain.errors import StartError

CONNECT_SECONDS = 60.0
ROUND_SECONDS = 300.0
SETTLE_SECONDS = 0.5
LEAVE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Round:
    """One round of pushes to everybody: processor time of whoever sends, a delivery, and how late it came."""

    us_per_delivery: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    heard: int
    other_sizes: int = 0


class Floor:
    """A program that only sends, to viewers of its own."""

    def __init__(self, process: Process, viewers: Viewers, deliveries: int, size: int) -> None:
        self._process = process
        self._viewers = viewers
        self._deliveries = deliveries
        self._size = size
        self._rounds = 0

    async def round(self) -> Round:
        """As many messages as the floor was made for. Raises StartError where they were not of the size agreed."""
        self._rounds += 1
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        stdin.write(b"go\n")
        await stdin.drain()
        await self._viewers.heard(self._deliveries * self._rounds, ROUND_SECONDS)
        used = json.loads(await stdout.readline())["us_per_delivery"]
        said = await self._viewers.report()
        if said["size"] != self._size or said["other_sizes"]:
            raise StartError(f"its messages were of {said['size']} bytes, not all of {self._size}.")
        return Round(used, said["p50_ms"], said["p99_ms"], said["max_ms"], said["heard"])


@asynccontextmanager
async def the_floor(viewers: int, messages: int, gap_seconds: float, size: int, *, nth: int) -> AsyncIterator[Floor]:
    """Connected and waiting; a round sends so many messages of that size, the gap after each."""
    async with a_sender([str(built("floor"))], viewers, messages, gap_seconds, size, nth=nth) as floor:
        yield floor


@asynccontextmanager
async def a_sender(
    program: Sequence[str],
    viewers: int,
    messages: int,
    gap_seconds: float,
    size: int,
    *,
    nth: int,
    path: str = "/",
    first: str | None = None,
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[Floor]:
    """A program that speaks as c/floor.c does, and viewers of its own."""
    said = [*program, str(viewers), str(messages), str(gap_seconds), str(size)]
    async with running(*said, env=env) as process:
        try:
            assert process.stdout is not None
            line = await process.stdout.readline()
            if not line:
                raise StartError(f"{Path(program[-1]).name} did not start.")
            port = json.loads(line)["port"]
            async with viewers_of(port, viewers, path=path, first=first, nth=nth) as crowd:
                await crowd.welcome(CONNECT_SECONDS)
                # The last replies to handshakes are still under way.
                await asyncio.sleep(SETTLE_SECONDS)
                await crowd.report()
                yield Floor(process, crowd, viewers * messages, size)
        finally:
            await _ended(process)


async def _ended(process: Process) -> None:
    """It ends with its stdin, and takes with it what it started; killed, it could not."""
    assert process.stdin is not None
    process.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(LEAVE_SECONDS):
            await process.wait()
