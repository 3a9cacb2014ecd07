"""python -m tests.drills [NAME …] [--quick] [--jobs N] [--json]: prints one table; exit status 1 for a bad drill."""

import argparse
import asyncio
import json
import sys
import time

from stream_jobs.bench.command import until_told_to_stop
from tests.drills import table
from tests.drills.drill import SEED, Drill
from tests.drills.runner import Outcome, run, run_apart, select


async def main(names: list[str], *, quick: bool, jobs: int, as_json: bool) -> bool:
    began, outcomes, turn = time.monotonic(), list[Outcome](), asyncio.Semaphore(jobs)

    async def in_turn(drill: Drill) -> None:
        async with turn:
            outcomes.append(outcome := await run_apart(drill, quick=quick))
        print(json.dumps(outcome.as_dict()) if as_json else table.row(outcome), flush=True)

    if not as_json:
        print(f"seed {SEED}{', quick' if quick else ''}\n\n{table.head()}", flush=True)
    async with asyncio.TaskGroup() as group:
        for drill in select(names, quick=quick):
            group.create_task(in_turn(drill))
    if not as_json:
        print(f"\n{table.verdict(outcomes, time.monotonic() - began)}", flush=True)
    return bool(outcomes) and all(outcome.good for outcome in outcomes)


def command() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="part of a drill's name; all drills without")
    parser.add_argument("--quick", action="store_true", help="reduced counts; without names only the quick drills")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many drills side by side")
    parser.add_argument("--json", action="store_true", help="one line of JSON a drill")
    parser.add_argument("--list", action="store_true", help="say what there is and run nothing")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.list:
        print("\n".join(f"{drill.name}: {drill.promise}" for drill in select(asked.names, quick=asked.quick)))
    elif asked.here:
        (drill,) = (drill for drill in select(asked.names, quick=False) if drill.name == asked.names[0])
        print(json.dumps(asyncio.run(run(drill, quick=asked.quick)).as_dict()), flush=True)
    else:
        drills = main(asked.names, quick=asked.quick, jobs=max(asked.jobs, 1), as_json=asked.json)
        sys.exit(0 if asyncio.run(until_told_to_stop(drills)) else 1)


if __name__ == "__main__":
    command()
