"""What whoever runs the server does by command: looking at background work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from storage.migrate import check_migrated, migrate
from storage.pool import Database, open_database
from storage.work import WorkStore
from stream_jobs.app import needed_servers, utc_now
from stream_jobs.settings import Settings


@asynccontextmanager
async def ready_database(settings: Settings) -> AsyncIterator[Database]:
    """The database at this version; an embedded one is started for as long as the block lasts."""
    async with needed_servers(settings) as servers:
        if settings.database_url is None:
            await migrate(servers.database_url)
        else:
            await check_migrated(servers.database_url)
        async with open_database(servers.database_url, size=2) as database:
            yield database


async def look_at_work(settings: Settings, *, retry: bool) -> dict[str, Any]:
    """How much waits, since when, and each piece that is held; retry: those are then tried again."""
    async with ready_database(settings) as database:
        store = WorkStore(database)
        figures, held = await store.figures(utc_now()), await store.held()
        if retry:
            await store.release([one.id for one in held])
    return {"waiting": figures.waiting, "oldest_at": figures.oldest_at, "held": [asdict(one) for one in held]}
