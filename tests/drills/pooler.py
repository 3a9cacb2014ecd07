"""A connection pooler in front of PostgreSQL that hands each transaction to whichever connection is free."""

import asyncio
import os
import re
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from storage.pool import Database, open_database
from stream_jobs.bench.server import PROGRAM
from stream_jobs.domain.errors import StartError
from stream_jobs.domain.ids import OrgId
from stream_jobs.embedded import Servers
from stream_jobs.embedded import postgres as embedded_postgres
from stream_jobs.embedded.process import ServerProcess
from stream_jobs.ports.work import TidyQueue
from tests.builders import a_store
from tests.drills.drill import Bench, Drill, Found, Skipped
from tests.drills.killing import killed
from tests.drills.place import Daemon, Place
from tests.drills.show import KEYS, Show
from tests.program import command, done

KEEPING_STATEMENTS = ("-m", "tests.drills.wrong.keeping_statements")
FOR_THE_SESSION = ("-m", "tests.drills.wrong.for_the_session")
PORT = 6432
CONNECTIONS = 3
"""To PostgreSQL, for all processes together: nobody keeps one for long."""
LANES = 6
"""Transactions of two tenants at a time."""
READY_SECONDS = 10.0
LOOKS = 5
WORK_SECONDS = 8.0
"""Background work is looked for every five."""
KINDS = ("organisation", "role", "maintenance", "lock")
# Slowly, so that nobody who looks at the same time gets the same connection.
LEFT = """
    SELECT pg_backend_pid() AS process, pg_sleep(0.05)::text AS slowly,
        coalesce(current_setting('app.org', true), '') <> '' AS organisation,
        current_setting('role') <> 'none' AS role,
        coalesce(current_setting('app.maintenance', true), '') <> '' AS maintenance,
        EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS lock
"""
LEAVE = """
    SELECT set_config('app.org', 'somebody', false), set_config('app.maintenance', 'on', false),
        set_config('role', 'stream_jobs_tenant', false), pg_advisory_lock(1)
"""
MISSED = re.compile("InvalidSQLStatementName|DuplicatePreparedStatement")
# The server may stay in a folder that it could not walk down to.
HERE = "/proc/self/cwd"
CONFIG = f"""
[databases]
* = host={HERE} port={embedded_postgres.PORT} user={embedded_postgres.NAME}
[pgbouncer]
listen_port = {PORT}
unix_socket_dir = {HERE}
auth_type = any
pool_mode = transaction
default_pool_size = {CONNECTIONS}
max_client_conn = 500
"""


def pgbouncer() -> str:
    """The program. Raises Skipped where it is not installed."""
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found is None:
        raise Skipped("PgBouncer is not installed: apt-get install pgbouncer")
    return found


def through(servers: Servers) -> Servers:
    return Servers(pooled(servers.database_url), servers.valkey_url)


def pooled(url: str) -> str:
    """The same database, by way of the pooler."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=parts.query.replace(f"port={embedded_postgres.PORT}", f"port={PORT}")))


@asynccontextmanager
async def a_pooler(place: Place, folder: Path) -> AsyncIterator[Daemon]:
    """In front of that PostgreSQL, to be killed and started anew."""
    program, cluster = pgbouncer(), place.home.data / "postgres"
    (cluster / "pgbouncer.ini").write_text(CONFIG)

    @asynccontextmanager
    async def running() -> AsyncIterator[str]:
        server = ServerProcess(
            [program, f"{HERE}/pgbouncer.ini"],
            folder=cluster,
            log=folder / "pgbouncer.log",
            user=place.home.user,
            held=place.home.held,
            orphan_signal=signal.SIGKILL,
        )
        daemon.pid = server.pid
        try:
            await _answers(pooled(place.postgres.url))
            yield pooled(place.postgres.url)
        finally:
            await server.stop([(signal.SIGINT, READY_SECONDS)])

    daemon = Daemon(running)
    await daemon.start()
    try:
        yield daemon
    finally:
        await daemon.stop()


async def _answers(url: str) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            with suppress(OSError, asyncpg.PostgresError):
                connection = await asyncpg.connect(url, statement_cache_size=0)
                await connection.close()
                return
            await asyncio.sleep(0.05)


# ── the drill ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Through:
    """What else was seen. foreign: rows of others that a tenant saw; missed: statements that were not there.

    left: what a transaction had left behind on some connection; begun: after how long background work was done.
    """

    seen: int
    foreign: int
    missed: int
    left: list[str]
    begun: float
    wrong: list[str]

    @property
    def clean(self) -> bool:
        return not (self.foreign or self.missed or self.left or self.wrong) and self.begun <= WORK_SECONDS

    def __str__(self) -> str:
        said = f"{self.foreign} of {self.seen} rows seen were another tenant's, {self.missed} statements missed"
        said += f"; left on connections: {self.left}; background work done after {self.begun:.1f} s"
        return f"{said}; commands that went wrong: {self.wrong}"


async def behind_a_pooler(bench: Bench, program: tuple[str, ...] = PROGRAM) -> Found:
    """Applied by a crowd at two workers while the pooler is killed; then tenants side by side, and the commands."""
    rest: list[Through] = []
    async with bench.place() as place, a_pooler(place, bench.folder) as pooler:

        async def replaced(_: Show) -> None:
            await pooler.kill()
            await pooler.start()

        found = await killed(
            bench, replaced, bench.of(10, 1), program=program, by=through, place=place, workers=2,
            afterwards=lambda show: _note(rest, show, bench),
        )  # fmt: skip
    (tried,) = rest
    return Found(found.trials, found.kept and tried.clean, f"{found.said}; {tried}")


async def _note(rest: list[Through], show: Show, bench: Bench) -> None:
    url = pooled(show.database_url)
    await _must_be_found(show.place)
    begun = await _background_work(show)
    wrong = await _commands(show, url, show.folder)
    async with open_database(url, size=LANES) as database:
        if not database.pooled:
            wrong.append("nobody noticed the pooler")
        orgs = [show.store.org, (await a_store(database, KEYS, show.store.clock)).org]
        lanes = [_own(database, orgs[lane % 2], bench.of(1000, 100) // LANES) for lane in range(LANES)]
        seen = await asyncio.gather(*lanes)
    missed = len(MISSED.findall(show.server.log.read_text(errors="replace")))
    left = await _left(url)
    rest.append(Through(sum(map(sum, seen)), sum(others for _, others in seen), missed, left, begun, wrong))


async def _own(database: Database, org: OrgId, times: int) -> tuple[int, int]:
    """How many people of its own a tenant sees in so many transactions, and how many of others."""
    own = others = 0
    for _ in range(times):
        async with database.transaction(org) as tx:
            row = await tx.fetchrow(
                "SELECT count(*) FILTER (WHERE org_id = $1) AS own, count(*) FILTER (WHERE org_id <> $1) AS others "
                "FROM person",
                org,
            )
        assert row
        own, others = own + row["own"], others + row["others"]
    return own, others


# ── what is left on a connection ──────────────────────────────────────────────────────────────────────────────


async def _left(url: str) -> list[str]:
    """What is set, or held, on one of the pooler's connections although no transaction runs there."""
    lanes = [await asyncpg.connect(url, statement_cache_size=0) for _ in range(LANES)]
    try:
        seen = [await asyncio.gather(*(lane.fetch(LEFT) for lane in lanes)) for _ in range(LOOKS)]
    finally:
        await asyncio.gather(*(lane.close() for lane in lanes))
    rows = [row for looks in seen for rows in looks for row in rows]
    found = {what for row in rows for what in KINDS if row[what]}
    looked_at = {row["process"] for row in rows}
    return sorted(found) + ([f"only {len(looked_at)} looked at"] if len(looked_at) < CONNECTIONS else [])


async def _must_be_found(place: Place) -> None:
    """Raises RuntimeError unless looking finds each of them where somebody left it behind, and nothing before."""
    direct = await place.new_database()
    url = pooled(direct)
    try:
        if before := await _left(url):
            raise RuntimeError(f"found what nobody left behind: {before}")
        connection = await asyncpg.connect(url, statement_cache_size=0)
        await connection.execute(LEAVE)
        await connection.close()
        if (found := await _left(url)) != sorted(KINDS):
            raise RuntimeError(f"looking at connections finds {found} alone")
    finally:
        await place.drop_database(direct)


async def _background_work(show: Show) -> float:
    """How long one piece of it took that was asked for in passing."""
    began = time.monotonic()
    await show.store.stores.work.enqueue(None, TidyQueue(), at=show.store.clock())
    with suppress(TimeoutError):
        async with asyncio.timeout(2 * WORK_SECONDS):
            while (await show.store.stores.work.figures(show.store.clock())).waiting:  # noqa: ASYNC110  # the server's
                await asyncio.sleep(0.05)
    return time.monotonic() - began


async def _commands(show: Show, url: str, folder: Path) -> list[str]:
    """Those that did not end as they should: all work through it, but copies both ways, which say what they need."""
    environment = {**show.server.environment, "STREAM_JOBS_DATABASE_URL": url}
    works = (("migrate",), ("verify", "--all"), ("rebuild", "--all"), ("audit", "verify"), ("keys", "rotate"))
    direct = {**environment, "STREAM_JOBS_DATABASE_URL": show.database_url}
    await done("backup", str(folder / "direct"), environment=direct)
    (backup,) = (path.parent for path in (folder / "direct").glob("*/manifest.json"))
    refuses = (("backup", str(folder / "backups")), ("restore", str(backup), "--replace"))
    wrong = [" ".join(words) for words in works if (await command(*words, environment=environment)).status]
    for words in refuses:
        ended = await command(*words, environment=environment)
        if not ended.status or "pooler" not in ended.complained:
            wrong.append(" ".join(words))
    return wrong


async def keeping(bench: Bench) -> Found:
    """Two things are wrong, each with a server of its own, and both must be found."""
    statements = await _keeping_statements(bench)
    settings = await behind_a_pooler(replace(bench, quick=True), FOR_THE_SESSION)
    said = f"statements: {statements.said}; settings: {settings.said}"
    return Found(statements.trials, statements.kept or settings.kept, said)


async def _keeping_statements(bench: Bench) -> Found:
    """Whether it starts at all is luck."""
    try:
        return await behind_a_pooler(bench, KEEPING_STATEMENTS)
    except (StartError, TimeoutError) as error:
        return Found(0, False, f"nobody was thanked in time ({type(error).__name__})")


DRILLS = (
    Drill(
        "behind a pooler",
        "PgBouncer gives each transaction any connection, and is killed: nothing is lost, mixed up, missed or left",
        behind_a_pooler, "keeps prepared statements; sets for the session", keeping, deadline_seconds=600,
    ),
)  # fmt: skip
