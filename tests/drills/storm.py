"""The applications of a great show, a fifth of the lines lost, and the server killed in the midst of it."""

from collections.abc import Sequence
from dataclasses import replace

from storage.objects import open_objects
from stream_jobs.bench.audit import Audit
from stream_jobs.bench.calls import Call
from stream_jobs.bench.rig import Rig
from stream_jobs.bench.server import PROGRAM
from stream_jobs.bench.storm import Weather, compressed, drill, told
from tests.drills.audit import audit
from tests.drills.drill import Bench, Drill, Found
from tests.drills.in_clear import keep_answer
from tests.drills.killing import EARLY_THANKS


async def _stormed(bench: Bench, weather: Weather, program: Sequence[str]) -> Found:
    found = await drill(weather, program=program, folder=bench.folder / "rig", examine=_examined)
    said = (
        f"{found.acknowledged} of {found.applications} told in {found.tries} tries, {found.lost} lost, "
        f"{found.doubled} doubled; p99 {found.p99_ms:.0f} ms"
    )
    return Found(found.applications, found.passed, said)


async def _examined(rig: Rig, calls: Sequence[Call]) -> Audit:
    for call in calls:
        if not call.was_stored:
            keep_answer(call.answer.decode())
    await rig.server.keep_metrics(rig.server.log.with_name("metrics"))
    objects = open_objects(rig.server.log.with_name("files"), None)
    return await audit(rig.database, rig.keys, rig.show.org_id, rig.show.broadcast_id, told(calls), objects)


async def committed_first(bench: Bench) -> Found:
    return await _stormed(bench, replace(compressed(bench.of(120, 12)), kills=bench.of(3, 1)), PROGRAM)


async def thanked_first(bench: Bench) -> Found:
    return await _stormed(bench, Weather(1_500, devices=300, kills=1), EARLY_THANKS)


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
