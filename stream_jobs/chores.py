"""What whoever runs the server does by command: looking at background work, purging."""

from dataclasses import asdict
from typing import Any

from storage.pool import open_database
from storage.work import WorkStore
from stream_jobs.assembly import purging_over
from stream_jobs.clock import utc_now
from stream_jobs.custody import end_periods
from stream_jobs.database import Place, bring_to_this_version, database_url
from stream_jobs.settings import Settings


async def look_at_work(settings: Settings, *, retry: bool) -> dict[str, Any]:
    """How much waits, since when, and each piece that is held; retry: those are then tried again. Needs no keys."""
    async with database_url(settings) as url:
        await bring_to_this_version(settings, url)
        async with open_database(url, size=2) as database:
            store = WorkStore(database)
            figures, held = await store.figures(utc_now()), await store.held()
            if retry:
                await store.release([one.id for one in held])
    return {"waiting": figures.waiting, "oldest_at": figures.oldest_at, "held": [asdict(one) for one in held]}


async def purge(place: Place, *, dry_run: bool) -> list[dict[str, Any]]:
    """What its period has ended for goes; dry_run: only how much that is. By class."""
    counts = await purging_over(place.stores, place.settings, utc_now).purge(dry_run=dry_run)
    said = [count.model_dump(mode="json") for count in counts]
    if not dry_run:
        ended = await end_periods(place.stores, place.settings, utc_now)
        for kind, done in (("legal_holds", ended.holds), ("backup_key_files", len(ended.key_files))):
            said.append({"kind": kind, "due": done, "done": done})
    return said
