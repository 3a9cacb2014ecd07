"""A connection pooler is noticed, whatever it is: what needs PostgreSQL itself refuses, the rest goes on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from storage.pool import Database, _Connection, open_database
from stream_jobs.backup import back_up, restore
from stream_jobs.backup.manifest import MANIFEST, Manifest
from stream_jobs.database import the_place
from stream_jobs.doctor import examine
from stream_jobs.domain.errors import BackupFailed, RestoreRefused, StorageUnavailable
from stream_jobs.settings import Settings
from tests.builders import Clock
from tests.clients import Forwarder

# PostgreSQL says which of its processes it is: type, length, number, secret.
GREETING = b"K\x00\x00\x00\x0c"


class Pooler(Forwarder):
    """Greets in another process' name while it is one; else it only carries."""

    def __init__(self, folder: str) -> None:
        super().__init__(lambda: asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432"))
        self.between = True

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeting = await reader.read(65536)
        if self.between and (begins := greeting.find(GREETING) + 1):
            number = begins + len(GREETING) - 1
            greeting = greeting[:number] + b"\x00\x00\x00\x01" + greeting[number + 4 :]
        writer.write(greeting)
        await super()._pump(reader, writer)


@pytest.fixture
async def pooler(database_url: str) -> AsyncIterator[Pooler]:
    between = Pooler(parse_qs(urlsplit(database_url).query)["host"][0])
    await between.mend()
    yield between
    await between.cut()


@pytest.fixture
def by_pooler(database_url: str, pooler: Pooler) -> str:
    """The address of the database, by way of it."""
    return f"postgresql://stream_jobs@127.0.0.1:{pooler.port}{urlsplit(database_url).path}?sslmode=disable"


async def test_a_pooler_is_noticed_and_nothing_is_prepared_behind_it(database: Database, by_pooler: str) -> None:
    """What is prepared on one connection is not there on the next."""
    async with open_database(by_pooler, size=1) as behind, behind.transaction(None) as tx:
        assert (database.pooled, behind.pooled) == (False, True)
        assert await tx.fetchval("SELECT $1::int", 1) == 1
        assert await tx.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%$1::int'") == 0


async def test_copies_are_refused_behind_a_pooler(tmp_path: Path, by_pooler: str, clock: Clock) -> None:
    """A copy without rows was the alternative; whoever runs the server is told beforehand."""
    settings = Settings(data=tmp_path / "data", database_url=by_pooler, port=0)
    async with the_place(settings) as place:
        with pytest.raises(BackupFailed, match="pooler"):
            await back_up(place, tmp_path / "backups", at=clock())
        fingerprint = place.keys.fingerprint.hex()
    empty = Manifest(at=clock(), keys_fingerprint=fingerprint, migrations=(), counts={}, sha256={})
    (tmp_path / MANIFEST).write_text(empty.model_dump_json())
    with pytest.raises(RestoreRefused, match="pooler"):
        await restore(settings, tmp_path, clock=clock, replace=True)

    assert "pooler" in next(one.said for one in await examine(settings) if one.what == "database")


async def test_a_pooler_that_comes_between_later_is_the_database_being_away(pooler: Pooler, by_pooler: str) -> None:
    """Its word for it came through to whoever asked, as nothing that they know."""
    pooler.between = False
    async with open_database(by_pooler, size=1) as direct:
        assert not direct.pooled
        pooler.between = True
        await pooler.cut()
        await pooler.mend()

        for _ in range(2):
            with pytest.raises(StorageUnavailable):
                async with direct.transaction(None) as tx:
                    await tx.fetchval("SELECT 1")


async def test_a_transaction_that_nobody_said_whose_it_is_asks_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a driver that begins in words of its own: as the owner, it would have seen every organisation."""
    monkeypatch.setattr(_Connection, "execute", asyncpg.Connection.execute)

    with pytest.raises(AssertionError, match="whose"):
        async with database.transaction(None):
            raise RuntimeError("it began")
