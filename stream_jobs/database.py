"""The database that a command works on, whether a server runs beside it or not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from storage.installation import claim
from storage.migrate import check_migrated, migrate
from storage.objects import open_objects
from storage.pool import STATEMENT_SECONDS, Database, open_database
from storage.stores import Stores
from stream_jobs.domain.errors import DataFolderInUse
from stream_jobs.embedded import embedded_servers, running_database_url
from stream_jobs.keys import Keys, load_keys
from stream_jobs.settings import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """An installation's database, its stores and keys."""

    settings: Settings
    url: str
    keys: Keys
    database: Database
    stores: Stores


@asynccontextmanager
async def database_url(settings: Settings) -> AsyncIterator[str]:
    """The one of the settings; else the embedded one: started, or as the running server has it."""
    if settings.database_url:
        yield settings.database_url
        return
    try:
        async with embedded_servers(settings.data) as started:
            yield started.database_url
    except DataFolderInUse:
        running = running_database_url(settings.data)
        if running is None:
            raise
        yield running


async def bring_to_this_version(settings: Settings, url: str) -> None:
    """An embedded database is migrated by itself; anyone else's only by `stream-jobs migrate`.

    Raises DatabaseNotMigrated.
    """
    if settings.database_url is None:
        await migrate(url)
    else:
        await check_migrated(url)


@asynccontextmanager
async def the_place(
    settings: Settings, *, connections: int = 2, statement_seconds: float = STATEMENT_SECONDS
) -> AsyncIterator[Place]:
    """statement_seconds: what a single one may take, where a command waits for more than a request would.

    Raises DatabaseNotMigrated, KeysMismatch and whatever keeps a server from starting.
    """
    async with database_url(settings) as url:
        keys = load_keys(settings.keys_folder)
        await bring_to_this_version(settings, url)
        async with open_database(url, size=connections, statement_seconds=statement_seconds) as database:
            await claim(database, keys)
            objects = open_objects(settings.files_folder, settings.files_url)
            stores = Stores(
                database,
                keys,
                objects,
                retention_days=settings.retention_days,
                effective_seconds=settings.effective_seconds,
                small_group=settings.small_group,
            )
            yield Place(settings, url, keys, database, stores)
