"""`stream-jobs bench fanout`: what a card costs a viewer and how late it comes, beside the least a server can do."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from realtime.protocol import Channel
from stream_jobs.bench.cpu import PROC, cpu_seconds
from stream_jobs.bench.floor import CONNECT_SECONDS, ROUND_SECONDS, Round, the_floor
from stream_jobs.bench.pushing import Host, a_host
from stream_jobs.bench.rig import Rig, rigged
from stream_jobs.bench.rivals import RIVALS, Rival, a_rival
from stream_jobs.bench.viewers import SOCKET_PATH, Place, Viewers, viewers_of
from stream_jobs.domain.errors import StartError

PAYLOAD_BYTES = 640


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds of so many pushes, ours and the floor's one after the other."""

    viewers: int = 2_000
    pushes: int = 40
    rounds: int = 3
    gap_seconds: float = 0.05
    idle_seconds: float = 30.0
    peers: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians over the rounds; latencies are of all deliveries, from the host's request or the floor's first send."""

    viewers: int
    floor_us_per_delivery: float
    us_per_delivery: float
    ratio: float
    p50_ms: float
    p99_ms: float
    floor_p99_ms: float
    max_ms: float
    kib_per_viewer: float
    peers: dict[str, object]
    rounds: Sequence[tuple[float, float]]
    pushes: int
    deliveries: int
    missing: int
    other_sizes: int

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


async def measure(plan: Plan) -> Figures:
    async with rigged() as rig:
        return await measured(rig, plan)


async def measured(rig: Rig, plan: Plan) -> Figures:
    before = resident_kib(rig.server.serving)
    place = Place(Channel("broadcast", rig.show.broadcast_id).name, [rig.token() for _ in range(plan.viewers)])
    async with (
        a_host(rig, PAYLOAD_BYTES) as host,
        viewers_of(rig.server.port, plan.viewers, path=SOCKET_PATH, place=place) as crowd,
    ):
        await crowd.welcome(CONNECT_SECONDS)
        await asyncio.sleep(plan.idle_seconds)
        held = (resident_kib(rig.server.serving) - before) / plan.viewers
        async with the_floor(plan.viewers, plan.pushes, plan.gap_seconds, PAYLOAD_BYTES, nth=1) as floor:
            ours, least = [], []
            for nth in range(plan.rounds):
                least.append(await floor.round())
                ours.append(await _round(rig, host, crowd, plan, nth))
        peers = await _peers(plan) if plan.peers else {}
    return _figures(plan, ours, least, held, peers)


async def _peers(plan: Plan) -> dict[str, object]:
    """Each by itself, its rounds beside the floor's; or why it could not be measured."""
    found: dict[str, object] = {}
    for rival in RIVALS:
        program = rival.program()
        found[rival.name] = program if isinstance(program, str) else await _peer(plan, rival, program)
    return found


async def _peer(plan: Plan, rival: Rival, program: Sequence[str]) -> dict[str, float] | str:
    sent = (plan.viewers, plan.pushes, plan.gap_seconds, PAYLOAD_BYTES)
    theirs, least = [], []
    try:
        async with the_floor(*sent, nth=1) as floor, a_rival(rival, program, *sent, nth=2) as peer:
            for _ in range(plan.rounds):
                least.append(await floor.round())
                theirs.append(await peer.round())
    except (StartError, TimeoutError) as error:
        return f"it could not be measured: {error or 'it took too long'}"
    return {
        "us_per_delivery": round(median(one.us_per_delivery for one in theirs), 2),
        "floor_us_per_delivery": round(median(one.us_per_delivery for one in least), 2),
        "ratio": _ratio(theirs, least),
        "p50_ms": round(median(one.p50_ms for one in theirs), 2),
        "p99_ms": round(median(one.p99_ms for one in theirs), 2),
        "floor_p99_ms": round(median(one.p99_ms for one in least), 2),
    }


def _ratio(theirs: Sequence[Round], least: Sequence[Round]) -> float:
    return round(median(a.us_per_delivery / b.us_per_delivery for a, b in zip(theirs, least, strict=True)), 2)


async def _round(rig: Rig, host: Host, crowd: Viewers, plan: Plan, nth: int) -> Round:
    """As the floor: the next push comes a gap after everybody has heard the last."""
    already = nth * plan.pushes
    used = cpu_seconds(rig.server.serving)
    for count in range(1, plan.pushes + 1):
        await host.push()
        await crowd.heard((already + count) * plan.viewers, ROUND_SECONDS)
        await asyncio.sleep(plan.gap_seconds)
    used = cpu_seconds(rig.server.serving) - used
    said = await crowd.report()
    wrong = said["other_sizes"] if said["size"] == PAYLOAD_BYTES else said["heard"]
    us = used / (plan.pushes * plan.viewers) * 1e6
    return Round(us, said["p50_ms"], said["p99_ms"], said["max_ms"], said["heard"], wrong)


def _figures(
    plan: Plan, ours: Sequence[Round], least: Sequence[Round], held: float, peers: dict[str, object]
) -> Figures:
    deliveries = plan.viewers * plan.pushes * plan.rounds
    return Figures(
        viewers=plan.viewers,
        floor_us_per_delivery=round(median(one.us_per_delivery for one in least), 2),
        us_per_delivery=round(median(one.us_per_delivery for one in ours), 2),
        ratio=_ratio(ours, least),
        p50_ms=round(median(one.p50_ms for one in ours), 2),
        p99_ms=round(median(one.p99_ms for one in ours), 2),
        floor_p99_ms=round(median(one.p99_ms for one in least), 2),
        max_ms=round(max(one.max_ms for one in ours), 2),
        kib_per_viewer=round(held, 2),
        peers=peers,
        rounds=[(round(a.us_per_delivery, 2), round(b.us_per_delivery, 2)) for a, b in zip(ours, least, strict=True)],
        pushes=plan.pushes * plan.rounds,
        deliveries=deliveries,
        missing=deliveries - sum(one.heard for one in ours),
        other_sizes=sum(one.other_sizes for one in ours),
    )


def resident_kib(pids: Sequence[int]) -> int:
    """Memory the processes have now."""
    lines = (line for pid in pids for line in Path(PROC / str(pid) / "status").read_text().splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
