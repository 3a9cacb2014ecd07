"""What whoever runs the server does by command: looking at background work, purging."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from storage.installation import claim
from storage.migrate import check_migrated, migrate
from storage.objects import open_objects
from storage.pool import Database, open_database
from storage.stores import stores_over
from storage.work import WorkStore
from stream_jobs.app import utc_now
from stream_jobs.assembly import purging_over
from stream_jobs.custody import end_periods
from stream_jobs.database import database_url
from stream_jobs.keys import load_keys
from stream_jobs.settings import Settings


@asynccontextmanager
async def ready_database(settings: Settings) -> AsyncIterator[Database]:
    """The database at this version; an embedded one is started for as long as the block lasts."""
    async with database_url(settings) as url:
        if settings.database_url is None:
            await migrate(url)
        else:
            await check_migrated(url)
        async with open_database(url, size=2) as database:
            yield database


async def look_at_work(settings: Settings, *, retry: bool) -> dict[str, Any]:
    """How much waits, since when, and each piece that is held; retry: those are then tried again."""
    async with ready_database(settings) as database:
        store = WorkStore(database)
        figures, held = await store.figures(utc_now()), await store.held()
        if retry:
            await store.release([one.id for one in held])
    return {"waiting": figures.waiting, "oldest_at": figures.oldest_at, "held": [asdict(one) for one in held]}


async def purge(settings: Settings, *, dry_run: bool) -> list[dict[str, Any]]:
    """What its period has ended for goes; dry_run: only how much that is. By class."""
    async with ready_database(settings) as database:
        keys = load_keys(settings.keys_folder)
        await claim(database, keys)
        objects = open_objects(settings.files_folder, settings.files_url)
        stores = stores_over(database, keys, objects, retention_days=settings.retention_days)
        counts = await purging_over(stores, settings, utc_now).purge(dry_run=dry_run)
        said = [count.model_dump(mode="json") for count in counts]
        if not dry_run:
            ended = await end_periods(stores, settings, utc_now)
            for kind, done in (("legal_holds", ended.holds), ("backup_key_files", len(ended.key_files))):
                said.append({"kind": kind, "due": done, "done": done})
    return said
