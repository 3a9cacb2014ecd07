"""PostgreSQL is away, or without room, in every way: nobody is thanked for what is not stored, and all heals."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import asyncpg

from stream_jobs.bench.server import PROGRAM
from stream_jobs.domain.errors import StartError
from tests.drills.drill import Bench, Drill, Found, Skipped
from tests.drills.in_clear import search
from tests.drills.killing import EARLY_THANKS, killed
from tests.drills.place import Place, a_place
from tests.drills.show import Show, a_show

PRINTING = ("-m", "tests.drills.wrong.printing")
APPLICANTS = 20
HEALED_SECONDS = 15.0
UNDER_WAY_SECONDS = 3.0
"""What was on its way when the fault came has been answered or given up by then."""

Away = Callable[[Place], AbstractAsyncContextManager[None]]


async def seen(says: Callable[[], Awaitable[bool]], wanted: bool) -> bool:
    """Whether it said so in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(HEALED_SECONDS):
            while await says() is not wanted:  # noqa: ASYNC110  # asked of another process
                await asyncio.sleep(0.05)
            return True
    return False


# ── PostgreSQL ────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def postgres_frozen(place: Place) -> AsyncIterator[None]:
    with place.postgres.frozen():
        yield


@asynccontextmanager
async def postgres_refusing(place: Place) -> AsyncIterator[None]:
    """It was shut down: nobody listens."""
    await place.postgres.stop()
    try:
        yield
    finally:
        await place.start_postgres()


@asynccontextmanager
async def postgres_crowded(place: Place) -> AsyncIterator[None]:
    """Others hold every connection it can have; the server's own were cut."""
    superuser = await place.superuser()
    async with AsyncExitStack() as held:
        held.push_async_callback(superuser.close)
        await superuser.execute(f"ALTER ROLE {SERVER_ROLE} CONNECTION LIMIT 0")
        held.push_async_callback(superuser.execute, f"ALTER ROLE {SERVER_ROLE} CONNECTION LIMIT -1")
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", SERVER_ROLE
        )
        with suppress(asyncpg.TooManyConnectionsError):
            while True:
                connection = await place.superuser()
                held.push_async_callback(connection.close)
        yield


SERVER_ROLE = "stream_jobs"


async def without_postgres(
    bench: Bench, away: Away, seconds: float, times: int, program: tuple[str, ...] = PROGRAM
) -> Found:
    """While it is away nobody is thanked; the server lives and says that it is not ready."""
    thanked, healed_took, kept = 0, 0.0, True
    async with bench.place() as place, a_show(bench, place=place, program=program) as show:
        async with show.crowd(APPLICANTS):
            for _ in range(times):
                await show.ledger.grows_by(50)
                async with away(place):
                    began = time.monotonic()
                    kept &= await seen(show.server.ready, False) and await show.server.says("livez") == 200
                    before = len(show.ledger.told)
                    with suppress(TimeoutError):
                        await show.ledger.grows_by(1_000_000, seconds=max(1, seconds - (time.monotonic() - began)))
                    thanked += len(show.ledger.told) - before
                began = time.monotonic()
                kept &= await seen(show.server.ready, True)
                with suppress(TimeoutError):
                    await show.ledger.grows_by(50)
                healed_took = max(healed_took, time.monotonic() - began)
        found = await show.audit()
    kept &= found.clean and thanked == 0 and healed_took <= HEALED_SECONDS
    return Found(times, kept, f"{found}; {thanked} thanked while it was away; healed after {healed_took:.1f} s at most")


def _postgres(name: str, away: Away, seconds: float, *, wrong: str = "thanks before the commit") -> Drill:
    async def run(bench: Bench) -> Found:
        return await without_postgres(bench, away, bench.of(int(seconds), 3), bench.of(5, 1))

    async def control(bench: Bench) -> Found:
        return await without_postgres(bench, away, bench.of(int(seconds), 3), 1, EARLY_THANKS)

    promise = "While it is away nobody is thanked, and the server says so; within 15 s all is well again"
    return Drill(f"PostgreSQL {name}", promise, run, wrong, control, deadline_seconds=300)


# ── no room left ──────────────────────────────────────────────────────────────────────────────────────────────

DISK = "160m"


@asynccontextmanager
async def a_small_disk(folder: Path, size: str = DISK) -> AsyncIterator[Path]:
    """Raises Skipped where none can be had."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        raise Skipped("only root can mount a small disk")
    await _run("mkdir", str(folder))
    if await _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)) != 0:
        raise Skipped("no tmpfs can be mounted here")
    try:
        yield folder
    finally:
        await _run("umount", "-l", str(folder))


@asynccontextmanager
async def searched_after(bench: Bench, disk: Path) -> AsyncIterator[None]:
    """Before it is taken away with all that is on it."""
    yield
    bench.in_clear += await search(disk)


async def _run(*words: str) -> int:
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait()


async def disk_full(bench: Bench, program: tuple[str, ...] = PROGRAM, times: int = 1) -> Found:
    """Filled while people apply, until nobody is thanked any more; then there is room again."""
    thanked, healed_took, kept = 0, 0.0, True
    async with (
        a_small_disk(bench.folder / "disk") as disk,
        searched_after(bench, disk),
        a_place(disk / "place") as place,
        a_show(bench, place=place, program=program) as show,
    ):
        async with show.crowd(APPLICANTS):
            for _ in range(times):
                await show.ledger.grows_by(50)
                await asyncio.to_thread(_fill, disk / "filler")
                # What room PostgreSQL has set aside is used up first.
                kept &= await _stops(show)
                before = len(show.ledger.told)
                with suppress(TimeoutError):
                    await show.ledger.grows_by(1_000_000, seconds=5)
                thanked += len(show.ledger.told) - before
                (disk / "filler").unlink()
                began = time.monotonic()
                try:
                    await show.ledger.grows_by(1, seconds=HEALED_SECONDS)
                except TimeoutError:
                    # It gave up when it could not write its log; whoever runs it starts it again.
                    await place.postgres.stop()
                    await place.start_postgres()
                with suppress(TimeoutError):
                    await show.ledger.grows_by(50)
                healed_took = max(healed_took, time.monotonic() - began)
        found = await show.audit()
    kept &= found.clean and thanked == 0 and healed_took <= 2 * HEALED_SECONDS
    return Found(times, kept, f"{found}; {thanked} thanked without room; healed after {healed_took:.1f} s at most")


def _fill(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(65536))


async def _stops(show: Show) -> bool:
    """Until nobody has been thanked for a while."""
    with suppress(TimeoutError):
        async with asyncio.timeout(30):
            while True:
                before = len(show.ledger.told)
                with suppress(TimeoutError):
                    await show.ledger.grows_by(1, seconds=UNDER_WAY_SECONDS)
                if len(show.ledger.told) == before:
                    return True
    return False


async def unlogged(bench: Bench, program: tuple[str, ...] = PROGRAM) -> Found:
    """Served anew each time, and whatever it logs finds no room."""
    async with a_small_disk(bench.folder / "logs", "64k") as disk:
        await asyncio.to_thread(_fill, disk / "filler")

        async def without_room(show: Show) -> None:
            await show.server.kill()
            show.server.log = disk / "server.log"
            await show.server.start()

        try:
            return await killed(bench, without_room, bench.of(5, 1), program=program)
        except (StartError, TimeoutError) as error:
            return Found(0, False, f"nobody was thanked in time ({type(error).__name__})")


DRILLS = (
    _postgres("frozen", postgres_frozen, 20),
    _postgres("refusing", postgres_refusing, 5),
    _postgres("out of connections", postgres_crowded, 5),
    Drill(
        "PostgreSQL, disk full", "Nobody is thanked for what has no room; nothing acknowledged is lost",
        lambda bench: disk_full(bench, times=bench.of(3, 1)), "thanks before the commit",
        lambda bench: disk_full(bench, EARLY_THANKS), deadline_seconds=360,
    ),
    Drill(
        "logs, disk full", "A server without room for its logs starts, and people apply", unlogged,
        "prints before it stores", partial(unlogged, program=PRINTING), deadline_seconds=240,
    ),
)  # fmt: skip
