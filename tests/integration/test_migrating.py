"""Migrations: each once, whoever applies them; whole or not at all; and nothing is left on the connection."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from storage import migrate as migrating
from storage.migrate import Migration, check_migrated, migrate, missing
from stream_jobs.domain.errors import DatabaseNotMigrated, MigrationFailed
from stream_jobs.embedded import Servers
from tests.databases import a_database, url_of

FIRST = Migration("0001", "0001_jobs.sql", "CREATE TABLE jobs (id int); INSERT INTO jobs VALUES (1)", b"1")
SECOND = Migration("0002", "0002_people.sql", "CREATE TABLE people (id int); INSERT INTO jobs VALUES (2)", b"2")
FAILING = Migration("0002", "0002_people.sql", "CREATE TABLE people (id int); SELECT 1 / 0", b"2")


@pytest_asyncio.fixture
async def url(servers: Servers) -> AsyncIterator[str]:
    """Of a database in which nothing was ever made."""
    async with a_database(servers) as name:
        yield url_of(servers, name)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[Migration]:
    """Those that there are."""
    those = [FIRST, SECOND]
    monkeypatch.setattr(migrating, "migrations", lambda: those)
    return those


async def _asked(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_each_is_applied_once_however_many_apply_them(url: str, files: list[Migration]) -> None:
    """Several machines are brought up at the same moment."""
    done = await asyncio.gather(*(migrate(url) for _ in range(4)))

    assert sorted(name for names in done for name in names) == [FIRST.name, SECOND.name]
    assert await _asked(url, "SELECT array_agg(id ORDER BY id) FROM jobs") == [1, 2]
    assert await missing(url) == []
    await check_migrated(url)


async def test_looking_at_what_is_missing_makes_nothing(url: str, files: list[Migration]) -> None:
    """`stream-jobs doctor` says that it changes nothing, and left a table behind."""
    assert await missing(url) == [FIRST.name, SECOND.name]
    with pytest.raises(DatabaseNotMigrated):
        await check_migrated(url)

    assert await _asked(url, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == 0


async def test_one_that_fails_changes_nothing_and_the_next_try_goes_on(url: str, files: list[Migration]) -> None:
    """What was applied before it stays."""
    files[1] = FAILING
    with pytest.raises(MigrationFailed, match=r"0002_people\.sql failed and was rolled back: 22012"):
        await migrate(url)
    assert await _asked(url, "SELECT to_regclass('people')") is None
    assert await missing(url) == [FAILING.name]
    with pytest.raises(DatabaseNotMigrated):
        await check_migrated(url)

    files[1] = SECOND
    assert await migrate(url) == [SECOND.name]


LATE = Migration("0099", "0099_late.sql", "CREATE TABLE late (org_id uuid NOT NULL)", b"99")
WALLED = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = 'late'"


async def test_no_table_is_there_without_its_wall(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was ended between the last file and its walls left a database open to every organisation."""
    ours = migrating.migrations()
    monkeypatch.setattr(migrating, "migrations", lambda: [*ours, LATE])
    connection = await asyncpg.connect(database_url)
    await migrating._apply_next(connection, migrating.migrations())
    await connection.close()

    assert await _asked(database_url, WALLED)


async def test_a_database_without_a_wall_is_not_served_and_is_mended(database_url: str) -> None:
    """As an older version may have left it: at this version by its files, and nothing more to apply."""
    await check_migrated(database_url)
    await _asked(database_url, "DROP POLICY tenant ON application")
    with pytest.raises(DatabaseNotMigrated):
        await check_migrated(database_url)

    assert await migrate(database_url) == []
    await check_migrated(database_url)


@dataclass
class Kept:
    """A connection that its user cannot close: behind a pooler somebody else gets it next."""

    connection: "asyncpg.Connection[asyncpg.Record]"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    async def close(self) -> None:
        return None


async def test_nothing_is_left_on_the_connection(
    url: str, files: list[Migration], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the lock, which would keep everybody else out, nor the right to see all organisations."""
    connection = await asyncpg.connect(url)

    async def kept(_: str) -> Kept:
        return Kept(connection)

    monkeypatch.setattr(migrating, "_connect", kept)
    await migrate(url)

    assert not await connection.fetchval("SELECT current_setting('app.maintenance', true)")
    assert await connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
    await connection.close()
