"""`stream-jobs bench stall`: some viewers stop reading, and the others must not notice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field

from realtime.protocol import Channel
from stream_jobs.bench.fanout import resident_kib
from stream_jobs.bench.floor import CONNECT_SECONDS
from stream_jobs.bench.kernel import unsent_bytes
from stream_jobs.bench.pushing import a_host
from stream_jobs.bench.rig import Rig, rigged
from stream_jobs.bench.viewers import SOCKET_PATH, Place, viewers_of

PAYLOAD_BYTES = 1024
NOTICES = 16
LOOK_SECONDS = 0.5
SETTLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """So many of the viewers stop, while so many pushes of that size go out a second."""

    viewers: int = 2_000
    stalled: int = 200
    per_second: float = 50
    baseline_seconds: float = 15
    seconds: float = 60
    size: int = PAYLOAD_BYTES


@dataclass(frozen=True, slots=True)
class Figures:
    """Latencies are those of viewers who read; stalled_kib_max is what the costliest moment held for one who does not.

    That is the fullest socket in the kernel (SIOCOUTQ) and what the server's memory grew by, shared out to the stalled.
    """

    viewers: int
    stalled: int
    baseline_p99_ms: float
    p99_ms: float
    stalled_kib_max: float
    stalled_kernel_kib_max: float
    stalled_memory_kib_max: float
    gaps: int
    doubled: int
    closed: int
    recovered: int
    anew: int
    pushes: int

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(slots=True)
class Watch:
    """What was held at each look."""

    kernel_kib: list[float] = field(default_factory=lambda: [0.0])
    memory_kib: list[float] = field(default_factory=lambda: [0.0])

    @property
    def together(self) -> float:
        return max(a + b for a, b in zip(self.kernel_kib, self.memory_kib, strict=True))


async def measure(plan: Plan) -> Figures:
    async with rigged() as rig:
        return await measured(rig, plan)


async def measured(rig: Rig, plan: Plan) -> Figures:
    place = Place(Channel("broadcast", rig.show.broadcast_id).name, [rig.token() for _ in range(plan.viewers)])
    async with (
        a_host(rig, plan.size, notices=NOTICES) as host,
        viewers_of(rig.server.port, plan.viewers, path=SOCKET_PATH, place=place) as crowd,
    ):
        await crowd.welcome(CONNECT_SECONDS)
        await host.push_steadily(plan.per_second, plan.baseline_seconds)
        await crowd.settled(host.seq, SETTLE_SECONDS)
        before = await crowd.report()
        async with _watched(rig, plan) as watch:
            await crowd.stall(plan.stalled)
            await host.push_steadily(plan.per_second, plan.seconds)
        during = await crowd.report()
        await crowd.resume()
        await crowd.settled(host.seq, SETTLE_SECONDS)
        after = await crowd.report()
        return _figures(plan, before, during, after, watch)


@asynccontextmanager
async def _watched(rig: Rig, plan: Plan) -> AsyncIterator[Watch]:
    watch, began = Watch(), resident_kib(rig.server.serving)

    async def look() -> None:
        while True:
            watch.kernel_kib.append(max(unsent_bytes(rig.server.port), default=0) / 1024)
            watch.memory_kib.append(max(0, resident_kib(rig.server.serving) - began) / plan.stalled)
            await asyncio.sleep(LOOK_SECONDS)

    looking = asyncio.ensure_future(look())
    try:
        yield watch
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


def _figures(
    plan: Plan, before: dict[str, float], during: dict[str, float], after: dict[str, float], watch: Watch
) -> Figures:
    both = {name: int(during[name] + after[name]) for name in ("gaps", "doubled", "closed", "recovered", "anew")}
    return Figures(
        viewers=plan.viewers,
        stalled=plan.stalled,
        baseline_p99_ms=round(before["p99_ms"], 2),
        p99_ms=round(during["p99_ms"], 2),
        stalled_kib_max=round(watch.together, 1),
        stalled_kernel_kib_max=round(max(watch.kernel_kib), 1),
        stalled_memory_kib_max=round(max(watch.memory_kib), 1),
        pushes=int(plan.per_second * plan.seconds),
        **both,
    )
