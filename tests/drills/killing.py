"""kill -9 and SIGTERM while people apply: what was acknowledged is there, once."""

import signal
import time
from collections.abc import Awaitable, Callable

from stream_jobs.bench.server import PROGRAM
from stream_jobs.embedded import Servers
from tests.drills.crowd import ABNORMAL
from tests.drills.drill import Bench, Drill, Found
from tests.drills.place import Place
from tests.drills.show import Show, Ways, a_show, directly

EARLY_THANKS = ("-m", "tests.faults.early_thanks")
FORGETFUL = ("-m", "tests.drills.wrong.forgetful")
VIEWERS, SOME = 200, 20
BETWEEN = 100
"""Applications acknowledged between two faults."""
BACK_SECONDS = 15.0
EXIT_SECONDS = 30.0

Fault = Callable[[Show], Awaitable[None]]


async def kill_server(show: Show) -> None:
    await show.server.kill()
    await show.server.start()


async def kill_postgres(show: Show) -> None:
    await show.place.postgres.kill()
    await show.place.start_postgres()


async def kill_both(show: Show) -> None:
    await show.place.postgres.kill()
    await show.server.kill()
    await show.place.start_postgres()
    await show.server.start()


async def killed(
    bench: Bench,
    fault: Fault,
    times: int,
    *,
    program: tuple[str, ...] = PROGRAM,
    by: Ways = directly,
    place: Place | None = None,
    workers: int = 1,
    afterwards: Fault | None = None,
) -> Found:
    """afterwards: what else is done with the show, once all is counted."""
    async with a_show(bench, place=place, program=program, by=by, workers=workers) as show:
        back = 0.0
        async with show.crowd(bench.of(VIEWERS, SOME)):
            for _ in range(times):
                await show.ledger.grows_by(BETWEEN)
                await fault(show)
                began = time.monotonic()
                await show.ledger.grows_by(1)
                back = max(back, time.monotonic() - began)
            await show.ledger.grows_by(BETWEEN)
        found = await show.audit()
        if afterwards:
            await afterwards(show)
    return Found(times, found.clean and back <= BACK_SECONDS, f"{found}; thanked again after {back:.1f} s at most")


def _late_to_disk(servers: Servers) -> Servers:
    """Commits are acknowledged before they are on disk."""
    return Servers(f"{servers.database_url}&synchronous_commit=off", servers.valkey_url)


def _drill(fault: Fault, whole: int, quick: int) -> Callable[[Bench], Awaitable[Found]]:
    return lambda bench: killed(bench, fault, bench.of(whole, quick))


def early(fault: Fault, workers: int = 1) -> Callable[[Bench], Awaitable[Found]]:
    return lambda bench: killed(bench, fault, bench.of(10, 1), program=EARLY_THANKS, workers=workers)


async def forgotten(bench: Bench) -> Found:
    """With the writer of the log asleep, as it may be for a moment at any time."""
    async with bench.place() as place:
        await place.as_superuser(
            "ALTER SYSTEM SET wal_writer_delay = '10s'",
            "ALTER SYSTEM SET wal_writer_flush_after = '1GB'",
            "SELECT pg_reload_conf()",
        )
        try:
            return await killed(bench, kill_postgres, bench.of(10, 2), program=FORGETFUL, by=_late_to_disk, place=place)
        finally:
            await place.as_superuser("ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()")


# ── restarts ──────────────────────────────────────────────────────────────────────────────────────────────────


async def restarted(bench: Bench, how: signal.Signals, workers: int = 1) -> Found:
    """A line that breaks without a word is what an unprepared viewer would see."""
    times = bench.of(10, 2)
    slowest = 0.0
    async with a_show(bench, workers=workers) as show:
        async with show.crowd(bench.of(VIEWERS, SOME)):
            for _ in range(times):
                await show.ledger.grows_by(BETWEEN)
                began = time.monotonic()
                await show.server.stop(how)
                slowest = max(slowest, time.monotonic() - began)
                await show.server.start()
            await show.ledger.grows_by(BETWEEN)
            broken = show.ledger.closes[ABNORMAL]
        found = await show.audit()
    kept = found.clean and not broken and slowest <= EXIT_SECONDS
    return Found(times, kept, f"{found}; {broken} lines broken without a word; gone in {slowest:.1f} s at most")


DRILLS = (
    Drill(
        "kill -9 server", "Nothing acknowledged is lost or doubled; thanks come again within 15 s",
        _drill(kill_server, 50, 2), "thanks before the commit", early(kill_server), quick=True, deadline_seconds=420,
    ),
    Drill(
        "kill -9 PostgreSQL", "The same when PostgreSQL and all its processes are killed",
        _drill(kill_postgres, 10, 1), "synchronous_commit = off", forgotten, quick=True, deadline_seconds=240,
    ),
    Drill(
        "kill -9 both", "The same when both are killed at once",
        _drill(kill_both, 10, 1), "thanks before the commit", early(kill_both), deadline_seconds=300,
    ),
    Drill(
        "SIGTERM server", "Restarts lose nothing, end every line with a word, and take 30 s at most",
        lambda bench: restarted(bench, signal.SIGTERM), "SIGKILL instead",
        lambda bench: restarted(bench, signal.SIGKILL), deadline_seconds=420,
    ),
)  # fmt: skip
