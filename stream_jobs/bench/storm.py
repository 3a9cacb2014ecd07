"""The applications of a great show: 175,000 in two hours, bursts ten times the average, lines lost all the while."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from stream_jobs.bench.applying import percentile_ms
from stream_jobs.bench.audit import Audit, audit
from stream_jobs.bench.calls import Call, applications
from stream_jobs.bench.load import Crowd
from stream_jobs.bench.rig import Rig, rigged
from stream_jobs.bench.server import PROGRAM

APPLICATIONS = 175_000
SHOW_SECONDS = 7_200.0
AVERAGE_PER_SECOND = APPLICATIONS / SHOW_SECONDS
BURST = 10.0
AT_ONCE = 1_000
LOSING_THE_LINE = 0.2
CONNECT_SECONDS = 120.0
PATIENCE_SECONDS = 120.0
"""After the last application is due: whoever lost the line has been answered long before."""
FULL_SECONDS = 780.0
"""For all of them, on a machine that has others to serve: with connecting, a quarter of an hour at most."""
WAVES = ((0.20, 0.5), (0.025, BURST), (0.30, 0.5), (0.025, BURST), (0.45, 5 / 9))
"""How a show goes: for this share of its time so many times the average apply. Two cards were waited for."""


@dataclass(frozen=True, slots=True)
class Weather:
    """A storm: so many applications by so many devices, a share of which loses the line.

    seconds is how long it lasts, in the waves of a show; without, everybody applies as soon as the one before has been
    answered. kills: how often the server is killed meanwhile.
    """

    applications: int
    devices: int
    seconds: float | None = None
    losing_the_line: float = LOSING_THE_LINE
    kills: int = 0


def compressed(seconds: float) -> Weather:
    """The show's waves in so many seconds, at the rates they really had: 24 a second, and 243 in a burst."""
    applications = int(AVERAGE_PER_SECOND * seconds)
    return Weather(applications, devices=min(2_000, applications), seconds=seconds)


FULL = Weather(APPLICATIONS, devices=10_000)
"""All of them, as fast as they can be answered."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said, lost on the way, answered and stored."""

    passed: bool
    applications: int
    acknowledged: int
    tries: int
    seconds: float
    busiest_second: int
    p50_ms: float
    p99_ms: float
    slowest_ms: float
    refused: int
    lost: int
    doubled: int
    stored: int
    events: int
    counted: int

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


Examine = Callable[[Rig, Sequence[Call]], Awaitable[Audit]]


def told(calls: Sequence[Call]) -> Mapping[UUID, UUID]:
    """What the phones were told, by key."""
    return {call.key: call.told() for call in calls if call.was_stored}


async def compared(rig: Rig, calls: Sequence[Call]) -> Audit:
    """With what is stored."""
    return await audit(rig.database, rig.show.org_id, rig.show.broadcast_id, told(calls))


async def drill(
    weather: Weather, *, program: Sequence[str] = PROGRAM, folder: Path | None = None, examine: Examine = compared
) -> Outcome:
    """folder: where everything lies and stays; else nothing is left. examine: what is looked at in the end."""
    async with rigged(program=program, folder=folder) as rig:
        crowd = Crowd(lambda: rig.server.port, [rig.token() for _ in range(weather.devices)])
        await crowd.connect(CONNECT_SECONDS)
        try:
            return await _drilled(rig, crowd, weather, examine)
        finally:
            await crowd.close()


async def _drilled(rig: Rig, crowd: Crowd, weather: Weather, examine: Examine) -> Outcome:
    calls = applications(rig.show, weather.applications)
    offsets = waves(weather.applications, weather.seconds) if weather.seconds else None
    async with asyncio.TaskGroup() as group:
        killing = group.create_task(_kill(rig, crowd, calls, weather.kills))
        seconds = await crowd.run(
            calls,
            offsets=offsets,
            at_once=weather.devices if weather.seconds else AT_ONCE,
            seconds=weather.seconds + PATIENCE_SECONDS if weather.seconds else FULL_SECONDS,
            mishaps=weather.losing_the_line,
        )
        killing.cancel()
    return _outcome(calls, seconds, await examine(rig, calls))


async def _kill(rig: Rig, crowd: Crowd, calls: Sequence[Call], times: int) -> None:
    """Kills and starts the server anew, spread evenly over the answers that come."""
    for nth in range(1, times + 1):
        await crowd.has_answered(len(calls) * nth // (times + 1))
        await rig.server.stop(signal.SIGKILL)
        await rig.server.start()


def _outcome(calls: Sequence[Call], seconds: float, found: Audit) -> Outcome:
    refused = len(calls) - found.told
    return Outcome(
        passed=found.clean and not refused and found.applications == found.told,
        applications=len(calls),
        acknowledged=found.told,
        tries=sum(call.tries for call in calls),
        seconds=round(seconds, 1),
        busiest_second=busiest_second([call.due for call in calls]),
        p50_ms=percentile_ms(calls, 0.50),
        p99_ms=percentile_ms(calls, 0.99),
        slowest_ms=percentile_ms(calls, 1.0),
        refused=refused,
        lost=found.lost,
        doubled=found.doubled,
        stored=found.applications,
        events=found.events,
        counted=found.counted,
    )


def waves(number: int, seconds: float) -> list[float]:
    """When each of so many is due, in seconds from the start."""
    due: list[float] = []
    began = 0.0
    for share, times in WAVES:
        count = round(number * share * times)
        due += [seconds * (began + share * nth / count) for nth in range(count)]
        began += share
    return (due + [seconds] * number)[:number]


def busiest_second(offsets: Sequence[float]) -> int:
    """The most that are due within one second; offsets rise."""
    most = first = 0
    for nth, offset in enumerate(offsets):
        while offsets[first] <= offset - 1:
            first += 1
        most = max(most, nth - first + 1)
    return most
