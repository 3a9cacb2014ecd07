"""`stream-jobs bench stall`: some viewers stop reading, and the others must not notice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

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
WAITING = "stream_jobs_most_waiting_bytes"


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

    That is the fullest socket in the kernel (SIOCOUTQ) and the most that waited in the process for one, or what the
    server's memory grew by, shared out to the stalled, where that is more.
    """

    viewers: int
    stalled: int
    baseline_p99_ms: float
    p99_ms: float
    stalled_kib_max: float
    stalled_kernel_kib_max: float
    stalled_waiting_kib_max: float
    memory_kib_per_stalled: float
    gaps: int
    doubled: int
    closed: int
    recovered: int
    anew: int
    pushes: int

    @property
    def kept(self) -> bool:
        """Whether everybody who was let go came back by offset, with everything and nothing twice."""
        return not (self.gaps or self.doubled or self.anew) and self.closed == self.recovered

    def as_dict(self) -> dict[str, object]:
        return asdict(self) | {"kept": self.kept}


@dataclass(frozen=True, slots=True)
class Look:
    """What was held at one moment, in KiB."""

    kernel: float
    waiting: float
    memory: float

    @property
    def together(self) -> float:
        return self.kernel + max(self.waiting, self.memory)


async def measure(plan: Plan, workers: int = 1) -> Figures:
    async with rigged(workers=workers) as rig:
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
        async with _looking(rig, plan) as looks:
            await crowd.stall(plan.stalled)
            await host.push_steadily(plan.per_second, plan.seconds)
        # Those who read.
        await crowd.settled(host.seq, SETTLE_SECONDS)
        during = await crowd.report()
        await crowd.resume()
        await crowd.settled(host.seq, SETTLE_SECONDS)
        after = await crowd.report()
        return _figures(plan, before, during, after, looks)


@asynccontextmanager
async def _looking(rig: Rig, plan: Plan) -> AsyncIterator[Sequence[Look]]:
    looks, began = list[Look](), resident_kib(rig.server.serving)

    async def look() -> None:
        while True:
            kernel = max(unsent_bytes(rig.server.port), default=0) / 1024
            waiting = max(await rig.server.metric(WAITING), default=0.0) / 1024
            memory = max(0, resident_kib(rig.server.serving) - began) / plan.stalled
            looks.append(Look(kernel, waiting, memory))
            await asyncio.sleep(LOOK_SECONDS)

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        yield looks
        looking.cancel()


def _figures(
    plan: Plan, before: dict[str, float], during: dict[str, float], after: dict[str, float], looks: Sequence[Look]
) -> Figures:
    both = {name: int(during[name] + after[name]) for name in ("gaps", "doubled", "closed", "recovered", "anew")}
    return Figures(
        viewers=plan.viewers,
        stalled=plan.stalled,
        baseline_p99_ms=round(before["p99_ms"], 2),
        p99_ms=round(during["p99_ms"], 2),
        stalled_kib_max=round(max(look.together for look in looks), 1),
        stalled_kernel_kib_max=round(max(look.kernel for look in looks), 1),
        stalled_waiting_kib_max=round(max(look.waiting for look in looks), 1),
        memory_kib_per_stalled=round(max(look.memory for look in looks), 1),
        pushes=int(plan.per_second * plan.seconds),
        **both,
    )
