"""Hostile résumé files, and good ones changed at random, read by the limited child."""

import asyncio

from tests.drills.drill import SEED, Bench, Drill, Found
from tests.drills.files import FilesResult, drill


async def _read(bench: Bench) -> FilesResult:
    return await asyncio.to_thread(drill, mutated=bench.of(1000, 50), seed=SEED)


async def by_structure(bench: Bench) -> Found:
    result = await _read(bench)
    said = (
        f"{len(result.bad_taken)} of {result.hostile} hostile taken, {len(result.good_refused)} of {result.good} good "
        f"refused, {len(result.wrongly_said)} for a wrong reason; {result.mutated} changed: {result.mutated_taken} "
        f"plain enough; {result.most_memory >> 20} MiB at most"
    )
    return Found(result.hostile + result.good + result.mutated, result.holds, said)


async def by_first_bytes(bench: Bench) -> Found:
    result = await asyncio.to_thread(drill, mutated=0, seed=SEED)
    return Found(result.hostile, not result.control_fails, f"{result.taken_by_magic} of {result.hostile} hostile taken")


DRILLS = (
    Drill(
        "hostile files",
        "what could harm is refused, what is good is taken, and reading it stays bounded",
        by_structure,
        "looks at the first bytes",
        by_first_bytes,
        deadline_seconds=600,
    ),
)
