"""Real servers for every test: one PostgreSQL and Valkey a run, a database of its own for each test."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
import pytest_asyncio

from storage.migrate import migrate
from storage.pool import Database, open_database
from stream_jobs.embedded import Servers, embedded_servers
from stream_jobs.keys import Keys
from tests.builders import Clock, Store, a_store
from tests.databases import MEMORY, a_database, administer, url_of

ROOM = 6 * 2**30


def pytest_configure() -> None:
    """Folders of tests lie in memory if it has room: on a disk, a database for each test is ten times dearer."""
    with suppress(FileNotFoundError):
        if shutil.disk_usage(MEMORY).free > ROOM:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)


@pytest_asyncio.fixture(scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    """Those named by TEST_DATABASE_URL and TEST_VALKEY_URL, else embedded ones."""
    given = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_VALKEY_URL")
    if given[0] and given[1]:
        yield Servers(given[0], given[1])
        return
    async with embedded_servers(tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest_asyncio.fixture(scope="session")
async def template(servers: Servers) -> str:
    """The name of a migrated database that tests are cloned from."""
    name = f"template_{os.getpid()}"
    await administer(servers, f"CREATE DATABASE {name}")
    await migrate(url_of(servers, name))
    return name


@pytest_asyncio.fixture
async def database_url(servers: Servers, template: str) -> AsyncIterator[str]:
    """A migrated, empty database of this test alone."""
    async with a_database(servers, template) as name:
        yield url_of(servers, name)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, size=8) as opened:
        yield opened


@pytest.fixture
def keys() -> Keys:
    return Keys(signing=b"s" * 32, master=b"m" * 32, pepper=b"p" * 32)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def store(database: Database, keys: Keys, clock: Clock) -> Store:
    """Every action over the real database, and one organisation."""
    return await a_store(database, keys, clock)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("STREAM_JOBS_")]:
        monkeypatch.delenv(name)
    yield
