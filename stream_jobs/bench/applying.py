"""`stream-jobs bench apply`: applications a second from socket to commit and back, beside PostgreSQL alone."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

from stream_jobs.bench.audit import Audit, audit
from stream_jobs.bench.calls import Call, applications
from stream_jobs.bench.cpu import cpu_seconds
from stream_jobs.bench.load import Crowd
from stream_jobs.bench.pgbench import PLAIN, our_script, prepare, transactions_per_second
from stream_jobs.bench.rig import Rig, rigged

CONNECT_SECONDS = 120.0
ANSWER_SECONDS = 120.0
PACED_PER_SECOND = 1_000.0
WARMING = 2_000
"""Said before the clock runs: connections of the pool, prepared statements, first pages of tables."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured; a round is one run over WebSocket and two of pgbench, one after the other."""

    viewers: int = 3_000
    applications: int = 20_000
    at_once: int = 1_000
    rounds: int = 3
    pgbench_seconds: int = 3
    paced_seconds: int = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """Rates are medians over the rounds; latencies are of the paced run, from when a call was due to its answer."""

    applications_per_s: float
    pgbench_same_statement_per_s: float
    pgbench_plain_per_s: float
    ratio: float
    p50_ms: float
    p99_ms: float
    lost: int
    doubled: int
    refused: int
    acknowledged: int
    stored: int
    p99_at_full_speed_ms: float
    server_cpu_us: float
    database_cpu_us: float
    client_cpu_us: float
    rounds: Sequence[tuple[float, float, float]]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Round:
    """One after the other, so that whatever else the machine does falls on all three."""

    ours: float
    same_statement: float
    plain: float


async def measure(plan: Plan) -> Figures:
    async with rigged() as rig:
        await prepare(rig.database, rig.rival)
        script = await our_script(rig.database, rig.rival)
        crowd = Crowd(lambda: rig.server.port, [rig.token() for _ in range(plan.viewers)])
        await crowd.connect(CONNECT_SECONDS)
        try:
            return await _measured(rig, crowd, plan, script)
        finally:
            await crowd.close()


async def _measured(rig: Rig, crowd: Crowd, plan: Plan, script: str) -> Figures:
    warming = applications(rig.show, WARMING)
    await crowd.run(warming, at_once=plan.at_once, seconds=ANSWER_SECONDS)
    paced = applications(rig.show, int(PACED_PER_SECOND * plan.paced_seconds))
    offsets = [nth / PACED_PER_SECOND for nth in range(len(paced))]
    await crowd.run(paced, at_once=plan.viewers, seconds=ANSWER_SECONDS, offsets=offsets)

    rushed: list[Call] = []
    rounds: list[Round] = []
    used: list[Sequence[float]] = []
    for _ in range(plan.rounds):
        calls = applications(rig.show, plan.applications)
        before = _cpu(rig)
        took = await crowd.run(calls, at_once=plan.at_once, seconds=ANSWER_SECONDS)
        used.append([later - earlier for earlier, later in zip(before, _cpu(rig), strict=True)])
        rushed += calls
        url = rig.servers.database_url
        same = await transactions_per_second(url, script, seconds=plan.pgbench_seconds)
        plain = await transactions_per_second(url, PLAIN, seconds=plan.pgbench_seconds)
        rounds.append(Round(len(calls) / took, same, plain))
    told = {call.key: call.told() for call in (*warming, *paced, *rushed) if call.was_stored}
    found = await audit(rig.database, rig.show.org_id, rig.show.broadcast_id, told)
    return _figures(rounds, paced, rushed, used, found)


def _cpu(rig: Rig) -> Sequence[float]:
    """Processor seconds so far: of the server, of PostgreSQL, and of ourselves, who are the client."""
    return cpu_seconds([rig.server.pid]), cpu_seconds(rig.database_pids()), cpu_seconds([os.getpid()])


def _figures(
    rounds: Sequence[Round],
    paced: Sequence[Call],
    rushed: Sequence[Call],
    used: Sequence[Sequence[float]],
    found: Audit,
) -> Figures:
    server, database, client = (round(sum(part) / len(rushed) * 1e6, 1) for part in zip(*used, strict=True))
    ours = median(one.ours for one in rounds)
    same = median(one.same_statement for one in rounds)
    return Figures(
        applications_per_s=round(ours, 1),
        pgbench_same_statement_per_s=round(same, 1),
        pgbench_plain_per_s=round(median(one.plain for one in rounds), 1),
        ratio=round(ours / same, 2),
        p50_ms=percentile_ms(paced, 0.50),
        p99_ms=percentile_ms(paced, 0.99),
        lost=found.lost,
        doubled=found.doubled,
        refused=sum(not call.was_stored for call in (*paced, *rushed)),
        acknowledged=found.told,
        stored=found.applications,
        p99_at_full_speed_ms=percentile_ms(rushed, 0.99),
        server_cpu_us=server,
        database_cpu_us=database,
        client_cpu_us=client,
        rounds=[(round(one.ours, 1), round(one.same_statement, 1), round(one.plain, 1)) for one in rounds],
    )


def percentile_ms(calls: Sequence[Call], share: float) -> float:
    """The seconds within which this share of the calls was answered, in milliseconds."""
    seconds = sorted(call.seconds for call in calls)
    return round(seconds[min(len(seconds) - 1, int(len(seconds) * share))] * 1000, 1)
