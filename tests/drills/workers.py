"""Several workers under one supervisor: one is killed, all are restarted, the supervisor is killed."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stream_jobs.bench.server import PROGRAM, Server
from tests.drills.crowd import ABNORMAL
from tests.drills.drill import Bench, Drill, Found
from tests.drills.following import Follower, following, push_next, until
from tests.drills.killing import BETWEEN, SOME, VIEWERS, Fault, early, kill_server, killed, restarted
from tests.drills.show import Show, a_show

TRUSTING = ("-m", "tests.drills.wrong.trusting")
WORKERS = 2
FOLLOWERS = 60
BEAT_SECONDS = 5.0
SLACK_SECONDS = 1.0
BACK_SECONDS = 10.0
PATIENCE_SECONDS = 60.0
ASK_SECONDS = 0.02
ANSWER_SECONDS = 5.0
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


async def renewed(bench: Bench, how: Fault, times: int) -> Found:
    """While people apply and watch, and somebody new asks for a page all the time."""
    slowest, wrong = 0.0, 0
    async with a_show(bench, workers=WORKERS) as show:
        async with (
            show.crowd(bench.of(VIEWERS, SOME)),
            following(show.store, show.server, show.broadcast, count=FOLLOWERS) as followers,
            asked_all_the_time(show.server) as asked,
        ):
            for nth in range(times):
                await show.ledger.grows_by(BETWEEN)
                began = time.monotonic()
                await how(show)
                slowest = max(slowest, time.monotonic() - began)
                seq = await push_next(show.store, show.broadcast, nth, show.place.servers.valkey_url)
                await until(lambda: all(one.seq == seq for one in followers))  # noqa: B023  # awaited in this round
            await show.ledger.grows_by(BETWEEN)
            broken, wrong = _broken(show, followers), sum(len(one.wrong) for one in followers)
        found = await show.audit()
    kept = found.clean and not broken and not wrong and not asked.in_vain
    said = f"{found}; {broken} lines broken without a word, {wrong} entries missed or twice; "
    return Found(times, kept, f"{said}{asked}; all anew in {slowest:.1f} s at most")


async def one_after_the_other(show: Show) -> None:
    await renew(show.server)


async def all_at_once(show: Show) -> None:
    before = set(show.server.serving)
    for worker in before:
        os.kill(worker, signal.SIGTERM)
    await _all_new(show.server, before)


async def renew(server: Server) -> None:
    """Until every worker is a new one and all are ready."""
    before = set(server.serving)
    os.kill(server.pid, signal.SIGHUP)
    await _all_new(server, before)


async def _all_new(server: Server, before: set[int]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while before & set(server.serving) or not await server.ready():  # noqa: ASYNC110  # asked of other processes
            await asyncio.sleep(0.1)


@dataclass
class Asked:
    """Somebody new who asks for a page: how often it came, and how often it did not, at once or asked again."""

    answered: int = 0
    again: int = 0
    in_vain: int = 0

    def __str__(self) -> str:
        return (
            f"a page was asked for {self.answered} times, {self.again} of them twice, and {self.in_vain} times in vain"
        )

    async def ask(self, server: Server) -> None:
        """As a browser does, which asks once more when the line breaks before an answer."""
        if await _page(server.port):
            self.answered += 1
        elif await _page(server.port):
            self.answered, self.again = self.answered + 1, self.again + 1
        else:
            self.in_vain += 1


@asynccontextmanager
async def asked_all_the_time(server: Server) -> AsyncIterator[Asked]:
    asked = Asked()

    async def ask() -> None:
        while True:
            await asked.ask(server)
            await asyncio.sleep(ASK_SECONDS)

    asking = asyncio.create_task(ask())
    try:
        yield asked
    finally:
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking


async def _page(port: int) -> bool:
    """Whether it was answered, on a line of its own."""
    with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"GET /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200 ")
            finally:
                writer.close()
    return False


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
    Drill(
        "SIGHUP supervisor", "All workers anew: nothing lost, no line ended without a word, and a page at every moment",
        lambda bench: renewed(bench, one_after_the_other, bench.of(10, 1)), "all workers at once",
        lambda bench: renewed(bench, all_at_once, bench.of(3, 1)), deadline_seconds=420,
    ),
)  # fmt: skip
