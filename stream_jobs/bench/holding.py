"""A show's viewers, in as many processes as it takes to hold them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from realtime.protocol import Channel
from stream_jobs.bench.rig import Rig
from stream_jobs.bench.viewers import SOCKET_PATH, Place, Viewers, viewers_of

A_PROCESS_HOLDS = 17_000
"""Of the 20,000 files it may have open, and of the ports that one address has."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """seconds: from the first dial until the last viewer was subscribed; the rest summed, or the worst."""

    seconds: float
    slowest_command_ms: float
    recovered: int
    brought: int
    faults: int
    closed: int


@asynccontextmanager
async def viewers_of_show(
    rig: Rig, viewers: int, size: int, *, last: tuple[str, int] = ("", -1), at_once: int = 512
) -> AsyncIterator[list[Viewers]]:
    """Dialling from now on, each with a token; last is the epoch and offset of what they heard last, if anything."""
    channel = Channel("broadcast", rig.show.broadcast_id).name
    places = [Place(channel, [rig.token() for _ in range(number)], *last) for number in shares(viewers)]
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                viewers_of(
                    rig.server.port,
                    len(place.tokens),
                    size=size,
                    path=SOCKET_PATH,
                    place=place,
                    nth=nth,
                    at_once=at_once,
                )
            )
            for nth, place in enumerate(places)
        ]


async def arrived(crowds: Sequence[Viewers], seconds: float) -> Arrival:
    """Once everybody is subscribed. Raises TimeoutError."""
    said = await asyncio.gather(*(crowd.welcome(seconds) for crowd in crowds))
    return Arrival(
        seconds=round(max(one["began"] + one["seconds"] for one in said) - min(one["began"] for one in said), 3),
        slowest_command_ms=max(one["slowest_command_ms"] for one in said),
        recovered=sum(one["recovered"] for one in said),
        brought=sum(one["brought"] for one in said),
        faults=sum(one["faults"] for one in said),
        closed=sum(one["closed"] for one in said),
    )


def shares(viewers: int) -> list[int]:
    """How many each process dials."""
    processes = -(-viewers // A_PROCESS_HOLDS)
    return [viewers // processes + (nth < viewers % processes) for nth in range(processes)]
