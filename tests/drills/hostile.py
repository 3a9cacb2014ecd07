"""Hostile résumé files, and good ones changed at random, read by the limited child."""

import asyncio
from functools import partial

from tests.drills.drill import SEED, Bench, Drill, Found
from tests.drills.files import Reading, as_the_child, by_first_bytes, drill


async def _found(bench: Bench, read: Reading) -> Found:
    result = await asyncio.to_thread(drill, mutated=bench.of(1000, 50), seed=SEED, read=read)
    said = (
        f"{len(result.bad_taken)} of {result.hostile + result.mutated} hostile or changed taken, "
        f"{len(result.good_refused)} of {result.good} good refused, {len(result.wrongly_said)} for a wrong reason; "
        f"{result.mutated_taken} of {result.mutated} changed were plain enough; {result.most_memory >> 20} MiB at most"
    )
    return Found(result.hostile + result.good + result.mutated, result.holds, said)


DRILLS = (
    Drill(
        "hostile files",
        "what could harm is refused, what is good is taken, and reading it stays bounded",
        partial(_found, read=as_the_child),
        "looks at the first bytes",
        partial(_found, read=by_first_bytes),
        deadline_seconds=600,
    ),
)
