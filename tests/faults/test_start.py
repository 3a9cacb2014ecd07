"""A server that cannot start says why in one line with a stable code, and changes nothing."""

from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from storage import pool
from storage.pool import open_database
from stream_jobs.app import running
from stream_jobs.bench.server import environment_of
from stream_jobs.domain.errors import DatabaseTooOld
from stream_jobs.embedded import Servers, embedded_servers
from stream_jobs.keys import load_keys
from stream_jobs.notebooks import AuditNotebook
from stream_jobs.settings import read_settings
from tests.program import command, done

# Nothing listens on it: the port of the discard service, below those handed out.
NOWHERE = "127.0.0.1:9"


async def _serve(data: Path, *arguments: str, **settings: str) -> tuple[int, str]:
    """Exit status and standard error of a server that should not start."""
    ended = await command("serve", "--data", str(data), *arguments, environment=environment_of(settings))
    return ended.status, ended.complained


def _is_one_line_with(said: str, code: str) -> bool:
    return said.splitlines()[-1].startswith(f"{code}: ") and "Traceback" not in said


async def test_a_database_that_is_not_there_is_named(servers: Servers, tmp_path: Path) -> None:
    """With the setting to look at."""
    status, said = await _serve(
        tmp_path, "--port", "0", database_url=f"postgresql://{NOWHERE}/none", valkey_url=servers.valkey_url
    )

    assert status == 1
    assert _is_one_line_with(said, "database_unreachable")
    assert "STREAM_JOBS_DATABASE_URL" in said


async def test_a_valkey_that_can_never_be_there_is_named(database_url: str, tmp_path: Path) -> None:
    """One that is away for now keeps no server from starting; what is no address at all is a mistake."""
    status, said = await _serve(tmp_path, "--port", "0", database_url=database_url, valkey_url=NOWHERE)

    assert status == 1
    assert _is_one_line_with(said, "setting_invalid")
    assert "STREAM_JOBS_VALKEY_URL" in said and NOWHERE not in said


async def test_a_database_of_another_version_wants_migrating(
    servers: Servers, database_url: str, tmp_path: Path
) -> None:
    """A server never migrates a database that is not its own."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("DELETE FROM schema_migrations WHERE version = '0005'")
    await connection.close()

    status, said = await _serve(tmp_path, "--port", "0", database_url=database_url, valkey_url=servers.valkey_url)

    assert status == 1
    assert _is_one_line_with(said, "database_not_migrated")


async def test_a_database_that_may_forget_commits_is_refused(
    servers: Servers, database_url: str, tmp_path: Path
) -> None:
    """ "Thank you" would mean nothing."""
    connection = await asyncpg.connect(database_url)
    name = urlsplit(database_url).path.strip("/")
    await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await connection.close()

    status, said = await _serve(tmp_path, "--port", "0", database_url=database_url, valkey_url=servers.valkey_url)

    assert status == 1
    assert _is_one_line_with(said, "database_not_durable")
    assert "synchronous_commit" in said


async def test_an_older_postgres_is_refused_with_that_reason(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real server is asked; only what counts as old is moved."""
    monkeypatch.setattr(pool, "OLDEST_POSTGRES", 99)

    with pytest.raises(DatabaseTooOld, match="18 found; 99 or newer is needed"):
        async with open_database(database_url, size=1):
            pass


async def test_a_database_written_with_other_keys_is_refused(
    servers: Servers, database_url: str, tmp_path: Path
) -> None:
    """Nobody's name would be readable."""
    settings = read_settings({}, port=0, data=tmp_path / "a", database_url=database_url, valkey_url=servers.valkey_url)
    async with running(settings):
        pass
    load_keys(tmp_path / "b" / "keys")

    status, said = await _serve(tmp_path / "b", "--port", "0", database_url=database_url, valkey_url=servers.valkey_url)

    assert status == 1
    assert _is_one_line_with(said, "keys_mismatch")


async def test_a_taken_port_is_named(servers: Servers, database_url: str, tmp_path: Path) -> None:
    """A second server does not share the first one's port."""
    settings = read_settings({}, port=0, data=tmp_path, database_url=database_url, valkey_url=servers.valkey_url)
    async with running(settings) as app:
        port = app.base_url.rpartition(":")[2]

        status, said = await _serve(tmp_path, "--port", port, database_url=database_url, valkey_url=servers.valkey_url)

    assert status == 1
    assert _is_one_line_with(said, "port_taken")


async def test_a_second_server_on_the_same_data_folder_is_refused(tmp_path: Path) -> None:
    """At once, and the first one goes on."""
    async with embedded_servers(tmp_path):
        status, said = await _serve(tmp_path, "--port", "0")

    assert status == 1
    assert _is_one_line_with(said, "data_folder_in_use")


async def test_an_account_is_made_while_the_servers_of_the_folder_run(tmp_path: Path) -> None:
    """It used to be told that the folder is in use. What the audit says of it is noted outside the database."""
    words = ("--login", "zhang", "--name", "张老师", "--organisation", "示例县人力资源和社会保障局")
    async with embedded_servers(tmp_path):
        await done("create-account", *words, "--password-stdin", "--data", str(tmp_path), typed="correct horse\n")

        again = await command(
            "create-account", *words, "--password-stdin", "--data", str(tmp_path), typed="correct horse\n"
        )

    assert (again.status, again.complained.partition(":")[0]) == (1, "login_taken")
    assert AuditNotebook.of(tmp_path).read()


@pytest.mark.parametrize(("name", "value"), [("colour", "red"), ("port", "eighty"), ("database_pool_size", "0")])
async def test_a_setting_that_is_unknown_or_malformed_is_named(tmp_path: Path, name: str, value: str) -> None:
    """Its value is not repeated."""
    status, said = await _serve(tmp_path, **{name: value})

    assert status == 1
    assert _is_one_line_with(said, "setting_invalid")
    assert f"STREAM_JOBS_{name.upper()}" in said
    assert not value.isalpha() or value not in said


async def test_a_keys_folder_with_a_key_missing_is_refused(servers: Servers, database_url: str, tmp_path: Path) -> None:
    """Making a new one in its place would lose every name."""
    load_keys(tmp_path / "keys")
    (tmp_path / "keys" / "master.key").unlink()

    status, said = await _serve(tmp_path, "--port", "0", database_url=database_url, valkey_url=servers.valkey_url)

    assert status == 1
    assert _is_one_line_with(said, "keys_mismatch")
    assert "master.key" in said
