"""A show on air at a real server, people who apply, and what is left of it afterwards."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from storage.objects import open_objects
from storage.pool import open_database
from stream_jobs.bench.audit import Audit
from stream_jobs.bench.server import PROGRAM, Server, a_server
from stream_jobs.clock import utc_now
from stream_jobs.domain.ids import BroadcastId, JobId
from stream_jobs.embedded import Servers
from stream_jobs.keys import NAMES, Keys
from tests.builders import Clock, Store, a_broadcast, a_store, jobs_of
from tests.drills.audit import audit
from tests.drills.crowd import Ledger, crowded
from tests.drills.drill import Bench
from tests.drills.place import Place, name_of

KEYS = Keys(signing=b"s" * 32, master=b"m" * 32, pepper=b"p" * 32)


def write_keys(keys: Keys, folder: Path) -> None:
    """Where a server reads them."""
    folder.mkdir(parents=True)
    for name in NAMES:
        (folder / f"{name}.key").write_text(getattr(keys, name).hex())


class RealClock(Clock):
    """The server under test has the real time, so what is made for it is made in it, or as much ahead of it."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass(frozen=True)
class Show:
    place: Place
    store: Store
    server: Server
    database_url: str
    broadcast: BroadcastId
    job: JobId
    folder: Path
    files_url: str | None = None
    ledger: Ledger = field(default_factory=Ledger)

    def crowd(self, count: int) -> AbstractAsyncContextManager[None]:
        return crowded(self.store, self.server, self.broadcast, self.job, self.ledger, count=count)

    async def audit(self) -> Audit:
        """Of the database, past the server."""
        objects = open_objects(self.folder / "files", self.files_url)
        async with open_database(self.database_url, size=2) as database:
            return await audit(database, KEYS, self.store.org, self.broadcast, self.ledger.told, objects)


Ways = Callable[[Servers], Servers]


def directly(servers: Servers) -> Servers:
    return servers


@asynccontextmanager
async def a_show(
    bench: Bench,
    *,
    program: tuple[str, ...] = PROGRAM,
    settings: Mapping[str, str] | None = None,
    place: Place | None = None,
    by: Ways = directly,
    workers: int = 1,
) -> AsyncIterator[Show]:
    """On air in a database of its own, served by that program. by: how the program reaches its servers."""
    if place is None:
        more: dict[str, Any] = {"program": program, "settings": settings, "by": by, "workers": workers}
        async with bench.place() as own, a_show(bench, place=own, **more) as show:
            yield show
        return
    url = await place.new_database()
    folder = bench.folder / name_of(url)
    async with open_database(url, size=4) as database:
        store = await a_store(database, KEYS, RealClock())
        broadcast = await a_broadcast(store)
        job = (await jobs_of(store, broadcast))[0]
        there = by(Servers(url, place.servers.valkey_url))
        write_keys(KEYS, folder / "keys")
        async with a_server(there, folder, program=program, settings=settings, workers=workers) as server:
            yield Show(place, store, server, url, broadcast, job, folder, (settings or {}).get("files_url"))
            await server.keep_metrics(folder / "metrics")
