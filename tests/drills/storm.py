"""The applications of a great show, a fifth of the lines lost, and the server killed in the midst of it."""

from collections.abc import Sequence
from dataclasses import replace

from stream_jobs.bench.server import PROGRAM
from stream_jobs.bench.storm import Weather, compressed, drill
from tests.drills.drill import Bench, Drill, Found
from tests.drills.killing import EARLY_THANKS


async def _stormed(weather: Weather, program: Sequence[str]) -> Found:
    found = await drill(weather, program=program)
    said = (
        f"{found.acknowledged} of {found.applications} told in {found.tries} tries, {found.lost} lost, "
        f"{found.doubled} doubled; p99 {found.p99_ms:.0f} ms"
    )
    return Found(found.applications, found.passed, said)


async def committed_first(bench: Bench) -> Found:
    return await _stormed(replace(compressed(bench.of(120, 12)), kills=bench.of(3, 1)), PROGRAM)


async def thanked_first(bench: Bench) -> Found:
    return await _stormed(Weather(1_500, devices=300, kills=1), EARLY_THANKS)


DRILLS = (
    Drill(
        "storm of a show",
        "none lost and none doubled at the rates of a great show, a fifth of the lines lost",
        committed_first,
        "thanks before the commit",
        thanked_first,
        deadline_seconds=600,
    ),
)
