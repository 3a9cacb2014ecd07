"""`stream-jobs bench fanout`: what a card costs a viewer and how late it comes, beside the least a server can do."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from stream_jobs.bench.cpu import PROC, cpu_seconds
from stream_jobs.bench.floor import the_floor
from stream_jobs.bench.holding import A_PROCESS_HOLDS, arrived, viewers_of_show
from stream_jobs.bench.pushing import Host, a_host
from stream_jobs.bench.rig import Rig, rigged
from stream_jobs.bench.rivals import RIVALS, Rival, a_rival
from stream_jobs.bench.telling import Heard, Telling, telling
from stream_jobs.domain.errors import StartError

PAYLOAD_BYTES = 640
CONNECT_SECONDS = 300.0

Rounds = Sequence[tuple[float, float]]
"""Processor time a delivery in each: of whoever is measured, and of the floor beside it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds of so many pushes, the floor's and ours one after the other."""

    viewers: int = 2_000
    workers: int = 1
    pushes: int = 40
    rounds: int = 3
    gap_seconds: float = 0.05
    idle_seconds: float = 30.0
    peers: bool = False
    io_uring: bool = True

    @property
    def at_floor(self) -> int:
        """One process is all that a floor or a peer is."""
        return min(self.viewers, A_PROCESS_HOLDS)


@dataclass(frozen=True, slots=True)
class Figures:
    """Processor time is the median of the rounds; latencies are from the host's request or the floor's first send.

    first_ms and last_ms are medians over the pushes of when the first and the last of all viewers had one, the other
    times of all deliveries of all rounds. mib_by_worker is what each process has, all idle.
    """

    viewers: int
    workers: int
    sent_by: str
    floor_viewers: int
    floor_us_per_delivery: float
    us_per_delivery: float
    ratio: float
    first_ms: float
    p50_ms: float
    last_ms: float
    p99_ms: float
    floor_p99_ms: float
    max_ms: float
    kib_per_viewer: float
    mib_by_worker: Sequence[float]
    connected_seconds: float
    slowest_command_ms: float
    client_cpu_us: float
    rounds: Rounds
    pushes: int
    deliveries: int
    missing: int
    other_sizes: int
    floor_other_sizes: int
    gaps: int
    closed: int
    peers: dict[str, object]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


class _Ours:
    """The server, told to by a host."""

    def __init__(self, rig: Rig, host: Host) -> None:
        self._rig = rig
        self._host = host

    async def send(self) -> None:
        await self._host.push()

    async def cpu_seconds(self) -> float:
        return cpu_seconds(self._rig.server.serving)


async def measure(plan: Plan) -> Figures:
    async with rigged(workers=plan.workers, io_uring=plan.io_uring) as rig:
        return await measured(rig, plan)


async def measured(rig: Rig, plan: Plan) -> Figures:
    before = resident_kib(rig.server.serving)
    async with (
        a_host(rig, PAYLOAD_BYTES) as host,
        viewers_of_show(rig, plan.viewers, PAYLOAD_BYTES) as crowds,
    ):
        came = await arrived(crowds, CONNECT_SECONDS)
        await asyncio.sleep(plan.idle_seconds)
        memory = _memory(rig.server.serving, before, plan.viewers)
        async with the_floor(plan.at_floor, PAYLOAD_BYTES, nth=len(crowds)) as floor:
            ours = await telling(_Ours(rig, host), crowds)
            rounds = await _in_turn(plan, ours, floor)
            told = {**_costs(rounds), **asdict(ours.heard()), **_beside(floor.heard())}
    peers = await _peers(plan, nth=len(crowds)) if plan.peers else {}
    return Figures(
        viewers=plan.viewers,
        workers=plan.workers,
        sent_by=rig.server.sent_by,
        floor_viewers=plan.at_floor,
        connected_seconds=came.seconds,
        slowest_command_ms=came.slowest_command_ms,
        rounds=[(round(used, 2), round(least, 2)) for used, least in rounds],
        pushes=plan.pushes * plan.rounds,
        deliveries=plan.viewers * plan.pushes * plan.rounds,
        peers=peers,
        **memory,
        **told,
    )


def _memory(pids: Sequence[int], before_kib: int, viewers: int) -> dict[str, Any]:
    """All idle."""
    resident = [resident_kib([pid]) for pid in pids]
    return {
        "kib_per_viewer": round((sum(resident) - before_kib) / viewers, 2),
        "mib_by_worker": [round(one / 1024, 1) for one in resident],
    }


async def _in_turn(plan: Plan, one: Telling, floor: Telling) -> Rounds:
    rounds = []
    for _ in range(plan.rounds):
        least = await floor.round(plan.pushes, plan.gap_seconds)
        rounds.append((await one.round(plan.pushes, plan.gap_seconds), least))
    return rounds


async def _peers(plan: Plan, *, nth: int) -> dict[str, object]:
    """Each by itself, its rounds beside the floor's; or why it could not be measured."""
    found: dict[str, object] = {}
    for rival in RIVALS:
        program = rival.program()
        found[rival.name] = program if isinstance(program, str) else await beside_the_floor(plan, rival, program, nth)
    return found


async def beside_the_floor(plan: Plan, rival: Rival, program: Sequence[str], nth: int) -> dict[str, Any] | str:
    """A peer's figures, or why it has none."""
    sent = (plan.at_floor, PAYLOAD_BYTES)
    try:
        async with the_floor(*sent, nth=nth) as floor, a_rival(rival, program, *sent, nth=nth + 1) as peer:
            rounds = await _in_turn(plan, peer, floor)
            heard, least = peer.heard(), floor.heard()
        if heard.other_sizes:
            raise StartError(f"{heard.other_sizes} of its messages were not of {PAYLOAD_BYTES} bytes.")
    except (StartError, TimeoutError) as error:
        return f"it could not be measured: {error or 'it took too long'}"
    told = {name: value for name, value in asdict(heard).items() if name in ("p50_ms", "p99_ms", "max_ms", "missing")}
    return {**_costs(rounds), **told, **_beside(least)}


def _costs(rounds: Rounds) -> dict[str, Any]:
    return {
        "us_per_delivery": round(median(used for used, _ in rounds), 2),
        "floor_us_per_delivery": round(median(least for _, least in rounds), 2),
        "ratio": round(median(used / least for used, least in rounds), 2),
    }


def _beside(floor: Heard) -> dict[str, Any]:
    return {"floor_p99_ms": floor.p99_ms, "floor_other_sizes": floor.other_sizes}


def resident_kib(pids: Sequence[int]) -> int:
    """Memory the processes have now."""
    lines = (line for pid in pids for line in Path(PROC / str(pid) / "status").read_text().splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
