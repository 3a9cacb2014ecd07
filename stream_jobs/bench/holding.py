"""More viewers than one process holds: several workers hold them, and each card goes to all."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from realtime.protocol import Channel
from stream_jobs.bench.cpu import cpu_seconds
from stream_jobs.bench.fanout import PAYLOAD_BYTES, resident_kib
from stream_jobs.bench.floor import ROUND_SECONDS, the_floor
from stream_jobs.bench.pushing import Host, a_host
from stream_jobs.bench.rig import Rig, rigged
from stream_jobs.bench.viewers import SOCKET_PATH, Place, Viewers, viewers_of

CONNECT_SECONDS = 300.0
A_PROCESS_HOLDS = 17_000
"""Of the 20,000 files it may have open; a process of viewers is given no more either."""
ADDRESSES = 2
"""Of each process of viewers, for ports enough."""


@dataclass(frozen=True, slots=True)
class Plan:
    viewers: int = 50_000
    workers: int = 3
    pushes: int = 10
    gap_seconds: float = 0.5
    idle_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Figures:
    """connected_seconds: from the first dial until the last was subscribed; mib_by_worker: each, all idle.

    Latencies are from the host's request. first_ms, p50_ms and last_ms of a push are medians over the pushes; p99_ms
    and max_ms the worst of any. The floor is one process that holds as many as one can, in the same run.
    """

    viewers: int
    workers: int
    floor_viewers: int
    floor_us_per_delivery: float
    us_per_delivery: float
    ratio: float
    first_ms: float
    p50_ms: float
    last_ms: float
    p99_ms: float
    max_ms: float
    floor_p99_ms: float
    kib_per_viewer: float
    mib_by_worker: Sequence[float]
    connected_seconds: float
    slowest_command_ms: float
    pushes: int
    missing: int
    gaps: int
    closed: int
    peers: dict[str, object]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


async def measure(plan: Plan) -> Figures:
    async with rigged(workers=plan.workers) as rig, AsyncExitStack() as stack:
        host = await stack.enter_async_context(a_host(rig, PAYLOAD_BYTES))
        return await _measured(rig, host, stack, plan)


async def _measured(rig: Rig, host: Host, stack: AsyncExitStack, plan: Plan) -> Figures:
    workers, loop = rig.server.serving, asyncio.get_running_loop()
    before = resident_kib(workers)
    places = [_place(rig, number) for number in shares(plan.viewers)]
    began = loop.time()
    crowds = [
        await stack.enter_async_context(
            viewers_of(rig.server.port, len(place.tokens), path=SOCKET_PATH, place=place, nth=ADDRESSES * nth)
        )
        for nth, place in enumerate(places)
    ]
    came = await asyncio.gather(*(crowd.welcome(CONNECT_SECONDS) for crowd in crowds))
    connected = loop.time() - began
    await asyncio.sleep(plan.idle_seconds)
    resident = [resident_kib([pid]) for pid in workers]
    used = cpu_seconds(workers)
    pushes = [await _push(host, crowds, places, nth, plan) for nth in range(1, plan.pushes + 1)]
    us = (cpu_seconds(workers) - used) / (plan.pushes * plan.viewers) * 1e6
    at_floor = min(plan.viewers, A_PROCESS_HOLDS)
    nth = ADDRESSES * len(crowds)
    async with the_floor(at_floor, plan.pushes, plan.gap_seconds, PAYLOAD_BYTES, nth=nth) as floor:
        least = await floor.round()
    told = [one for push in pushes for one in push]
    return Figures(
        viewers=plan.viewers,
        workers=plan.workers,
        floor_viewers=at_floor,
        floor_us_per_delivery=round(least.us_per_delivery, 2),
        us_per_delivery=round(us, 2),
        ratio=round(us / least.us_per_delivery, 2),
        first_ms=round(median(min(one["first_ms"] for one in push) for push in pushes), 1),
        p50_ms=round(median(one["p50_ms"] for one in told), 1),
        last_ms=round(median(max(one["max_ms"] for one in push) for push in pushes), 1),
        p99_ms=round(max(one["p99_ms"] for one in told), 1),
        max_ms=round(max(one["max_ms"] for one in told), 1),
        floor_p99_ms=round(least.p99_ms, 1),
        kib_per_viewer=round((sum(resident) - before) / plan.viewers, 2),
        mib_by_worker=[round(one / 1024, 1) for one in resident],
        connected_seconds=round(connected, 1),
        slowest_command_ms=max(one["slowest_command_ms"] for one in came),
        pushes=plan.pushes,
        missing=plan.viewers * plan.pushes - sum(one["heard"] for one in told),
        gaps=sum(one["gaps"] for one in told),
        closed=sum(one["closed"] for one in told),
        peers={},
    )


def shares(viewers: int) -> list[int]:
    """How many each process of viewers dials."""
    processes = -(-viewers // A_PROCESS_HOLDS)
    return [viewers // processes + (nth < viewers % processes) for nth in range(processes)]


def _place(rig: Rig, viewers: int) -> Place:
    return Place(Channel("broadcast", rig.show.broadcast_id).name, [rig.token() for _ in range(viewers)])


async def _push(
    host: Host, crowds: Sequence[Viewers], places: Sequence[Place], nth: int, plan: Plan
) -> list[dict[str, Any]]:
    """What each process of viewers says of it."""
    await host.push()
    async with asyncio.TaskGroup() as group:
        for crowd, place in zip(crowds, places, strict=True):
            group.create_task(crowd.heard(nth * len(place.tokens), ROUND_SECONDS))
    said = [await crowd.report() for crowd in crowds]
    await asyncio.sleep(plan.gap_seconds)
    return said
