"""PostgreSQL in a data folder."""

import asyncio
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg

from stream_jobs.embedded.errors import DataFolderDenied, PostgresDataOtherMajor
from stream_jobs.embedded.folder import Home, server_folder
from stream_jobs.embedded.process import LOOK_AGAIN_SECONDS, ServerProcess, fresh_log

NAME = "stream_jobs"
TENANT = "stream_jobs_tenant"
PORT = 5432  # only a part of the socket's name
INITDB_SECONDS = 60.0
READY_SECONDS = 60.0  # after a crash the last WAL is read again
# Fast (sessions are cut, a checkpoint is written), then immediate (recovered at the next start).
STOP = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 6.0))
NOT_YET = (FileNotFoundError, ConnectionError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError)

SETTINGS = {
    "cluster_name": NAME,
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements, parameters and key values are personal data: only the server's own words go to the log.
    # ("log" ranks above "error" here, so that refused statements, whose messages quote values, stay out.)
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


@asynccontextmanager
async def running(home: Home) -> AsyncIterator[str]:
    """The URL of the database, which exists and takes connections; `stream_jobs` owns it and is no superuser."""
    _refuse_other_major(home)
    log = fresh_log(home.data / "postgres.log")
    await _create_cluster(home, log)
    cluster = home.data / "postgres"
    _remove_leftovers(cluster)
    server = _start(home, cluster, log)
    try:
        await _create_database(await _connected(server, home.sockets(cluster)))
        yield _url(home.sockets(cluster))
    finally:
        await server.stop(STOP)


def running_database_url(data: Path) -> str | None:
    """The URL of the database that another process runs on this data folder; None when none seems to run."""
    note = data.absolute() / "sockets"
    sockets = note.readlink() if note.is_symlink() else data.absolute() / "postgres"
    return _url(sockets) if (sockets / f".s.PGSQL.{PORT}").exists() else None


def _url(sockets: Path) -> str:
    return f"postgresql://{NAME}@/{NAME}?host={quote(str(sockets), safe='/')}&port={PORT}"


def _refuse_other_major(home: Home) -> None:
    version = home.data / "postgres" / "PG_VERSION"
    ours = str(home.binaries.postgres_major)
    if version.exists() and (found := version.read_text().strip()) != ours:
        raise PostgresDataOtherMajor(
            f"{home.data} was written by PostgreSQL {found} and this is {ours}: "
            f"install PostgreSQL {found}, or dump it with that version and restore into a new --data folder."
        )


async def _create_cluster(home: Home, log: Path) -> None:
    """Made beside its place and moved there when whole, so that a half-made one is never taken for data."""
    cluster, unfinished = home.data / "postgres", home.data / "postgres.new"
    if (cluster / "PG_VERSION").exists():
        return
    shutil.rmtree(unfinished, ignore_errors=True)
    initdb = _initdb(home, server_folder(home, unfinished.name), log)
    if await initdb.result(INITDB_SECONDS) != 0:
        raise initdb.failure("PostgreSQL could not create its files.")
    try:
        unfinished.rename(cluster)
    except OSError as error:
        raise DataFolderDenied(f"{cluster} holds files that are no database: {error.strerror}.") from error


def _initdb(home: Home, cluster: Path, log: Path) -> ServerProcess:
    words = ("--username=postgres", "--locale=C.UTF-8", "--encoding=UTF8", "--auth=trust", "--no-instructions")
    return ServerProcess(
        [home.binaries.initdb, "-D", _as_the_server_says(home, cluster), *words],
        folder=cluster,
        log=log,
        user=home.user,
        held=home.held,
        orphan_signal=signal.SIGKILL,
    )


def _start(home: Home, cluster: Path, log: Path) -> ServerProcess:
    settings = {**SETTINGS, "unix_socket_directories": home.sockets_word()}
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return ServerProcess(
        [home.binaries.postgres, "-D", _as_the_server_says(home, cluster), *words],
        folder=cluster,
        log=log,
        user=home.user,
        held=home.held,
        # At SIGQUIT the postmaster takes all its children along at once.
        orphan_signal=signal.SIGQUIT,
    )


def _as_the_server_says(home: Home, cluster: Path) -> str:
    # An unprivileged server may not walk down to a folder below root's home, but it may stay where it was put.
    return "/proc/self/cwd" if home.user and sys.platform == "linux" else str(cluster)


def _remove_leftovers(cluster: Path) -> None:
    """What a killed server leaves; nobody uses the cluster now, whoever has those process numbers today."""
    for name in ("postmaster.pid", f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (cluster / name).unlink(missing_ok=True)


async def _connected(server: ServerProcess, sockets: Path) -> asyncpg.Connection:
    deadline = time.monotonic() + READY_SECONDS
    while not server.ended() and time.monotonic() < deadline:
        try:
            return await asyncpg.connect(
                host=str(sockets), port=PORT, user="postgres", database="postgres", timeout=READY_SECONDS
            )
        except NOT_YET:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
    raise server.failure("PostgreSQL did not start.")


async def _create_database(connection: asyncpg.Connection) -> None:
    try:
        if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", NAME):
            await connection.execute(f"CREATE ROLE {NAME} LOGIN CREATEDB")
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", NAME):
            await connection.execute(f"CREATE DATABASE {NAME} OWNER {NAME}")
        if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", TENANT):
            # What the owner may not make itself: the role that requests run as.
            await connection.execute(f"CREATE ROLE {TENANT} NOLOGIN NOBYPASSRLS")
            await connection.execute(f"GRANT {TENANT} TO {NAME}")
    finally:
        await connection.close()
