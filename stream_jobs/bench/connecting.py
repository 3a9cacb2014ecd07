"""`stream-jobs bench connect`: everybody comes at once, each with a token, and has missed ten cards."""

from dataclasses import asdict, dataclass

from stream_jobs.bench.cpu import cpu_seconds
from stream_jobs.bench.fanout import PAYLOAD_BYTES
from stream_jobs.bench.holding import arrived, viewers_of_show
from stream_jobs.bench.pushing import a_host
from stream_jobs.bench.rig import Rig, rigged

MISSED = 10
STORM_SECONDS = 120.0
COUNTED = "stream_jobs_database_transactions"


@dataclass(frozen=True, slots=True)
class Figures:
    """How long from the first dial until the last viewer had its missed cards, and how long one waited for an answer.

    queries are transactions that the server began meanwhile, whatever for; failed did not get all that they missed;
    processor time is the server's and the viewers' own, a viewer.
    """

    viewers: int
    seconds: float
    slowest_command_ms: float
    queries: int
    failed: int
    server_cpu_us: float
    client_cpu_us: float

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


async def measure(viewers: int, workers: int = 1) -> Figures:
    async with rigged(workers=workers) as rig:
        return await measured(rig, viewers)


async def measured(rig: Rig, viewers: int) -> Figures:
    async with a_host(rig, PAYLOAD_BYTES) as host:
        snapshot = await rig.stores.broadcasts.snapshot(rig.show.org_id, rig.show.broadcast_id)
        for _ in range(MISSED):
            await host.push()
    before, cpu = await _transactions(rig), cpu_seconds(rig.server.serving)
    last = (snapshot.epoch, snapshot.seq)
    async with viewers_of_show(rig, viewers, PAYLOAD_BYTES, last=last, at_once=0) as crowds:
        came = await arrived(crowds, STORM_SECONDS)
        used = cpu_seconds(rig.server.serving) - cpu
        clients = cpu_seconds(crowd.pid for crowd in crowds)
        asked = await _transactions(rig) - before
    return Figures(
        viewers=viewers,
        seconds=came.seconds,
        slowest_command_ms=came.slowest_command_ms,
        queries=asked,
        failed=max(viewers - came.recovered, came.faults, came.closed, int(came.brought != MISSED * viewers)),
        server_cpu_us=round(used / viewers * 1e6, 1),
        client_cpu_us=round(clients / viewers * 1e6, 1),
    )


async def _transactions(rig: Rig) -> int:
    """That the server has begun so far, whatever for."""
    return int(sum(await rig.server.metric(COUNTED)))
