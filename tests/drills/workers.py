"""Several workers under one supervisor: one is killed, all are restarted, the supervisor is killed."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from stream_jobs.bench.server import PROGRAM
from tests.drills.crowd import ABNORMAL
from tests.drills.drill import Bench, Drill, Found
from tests.drills.following import Follower, following, push_next, until
from tests.drills.killing import BETWEEN, SOME, VIEWERS, early, kill_server, killed, restarted
from tests.drills.show import Show, a_show

TRUSTING = ("-m", "tests.drills.wrong.trusting")
WORKERS = 2
FOLLOWERS = 60
BEAT_SECONDS = 5.0
SLACK_SECONDS = 1.0
BACK_SECONDS = 10.0
PATIENCE_SECONDS = 30.0
ESTABLISHED = "01"


async def worker_killed(bench: Bench, program: tuple[str, ...] = PROGRAM, times: int = 1) -> Found:
    """While people apply and watch; each time everybody is shared out among the workers anew."""
    told, others, wrong, miscounted = 0.0, 0, 0, 0
    async with a_show(bench, program=program, workers=WORKERS) as show:
        for nth in range(times):
            async with (
                show.crowd(bench.of(VIEWERS, SOME)),
                following(show.store, show.server, show.broadcast, count=FOLLOWERS) as followers,
            ):
                await show.ledger.grows_by(BETWEEN)
                before = _broken(show, followers)
                victim = bench.dice.choice(show.server.serving)
                held = len(set(_sockets(victim)) & set(_connected(show.server.port)))
                os.kill(victim, signal.SIGKILL)
                began = time.monotonic()
                seq = await push_next(show.store, show.broadcast, nth, show.place.servers.valkey_url)
                await until(lambda: all(one.seq == seq for one in followers))  # noqa: B023  # awaited in this round
                told = max(told, time.monotonic() - began)
                # What they were told before is right as well: it counts what they believe once a beat has passed.
                await asyncio.sleep(max(0.0, began + BEAT_SECONDS + SLACK_SECONDS - time.monotonic()))
                miscounted += sum(one.watching != FOLLOWERS for one in followers)
                await show.ledger.grows_by(BETWEEN)
                others += max(0, _broken(show, followers) - before - held)
                wrong += sum(len(one.wrong) for one in followers)
            await _all_back(show)
        found = await show.audit()
    kept = found.clean and not others and not wrong and not miscounted and told <= BACK_SECONDS
    said = f"{found}; {others} lines of others broken, {wrong} entries missed or twice; next card after {told:.1f} s"
    return Found(times, kept, f"{said} at most; {miscounted} told a wrong number of watchers after a beat")


def _broken(show: Show, followers: list[Follower]) -> int:
    return show.ledger.closes[ABNORMAL] + sum(one.broken for one in followers)


def _sockets(pid: int) -> Iterator[str]:
    """The inodes of a process' sockets."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            what = os.readlink(descriptor)
            if what.startswith("socket:["):
                yield what[8:-1]


def _connected(port: int) -> Iterator[str]:
    """The inodes of this port's connections."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_, inode = line.split()[:10]
        if state == ESTABLISHED and int(local.rpartition(":")[2], 16) == port:
            yield inode


async def _all_back(show: Show) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await show.server.ready():  # noqa: ASYNC110  # asked of another process
            await asyncio.sleep(0.1)


DRILLS = (
    Drill(
        "kill -9 worker", "It takes its own sockets alone; nobody misses a card; watching now is right within a beat",
        lambda bench: worker_killed(bench, times=bench.of(10, 2)), "the dead are believed for three beats",
        partial(worker_killed, program=TRUSTING), deadline_seconds=420,
    ),
    Drill(
        "kill -9 supervisor", "It takes its workers along; the next one serves on the same port, and nothing is lost",
        lambda bench: killed(bench, kill_server, bench.of(20, 2), workers=WORKERS), "thanks before the commit",
        early(kill_server, workers=WORKERS), deadline_seconds=420,
    ),
    Drill(
        "SIGTERM supervisor", "Restarts of all workers lose nothing, end every line with a word, and take 30 s at most",
        lambda bench: restarted(bench, signal.SIGTERM, workers=WORKERS), "SIGKILL instead",
        lambda bench: restarted(bench, signal.SIGKILL, workers=WORKERS), deadline_seconds=420,
    ),
)  # fmt: skip
