"""PostgreSQL and Valkey of a drill's own, to be frozen, stopped, killed and started anew."""

import itertools
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import asyncpg
from redis.asyncio import Redis

from storage.migrate import migrate
from stream_jobs.bench.cpu import family
from stream_jobs.embedded import Servers, find_binaries
from stream_jobs.embedded import postgres as embedded_postgres
from stream_jobs.embedded import valkey as embedded_valkey
from stream_jobs.embedded.folder import Home, opened

_names = itertools.count(1)


class Daemon:
    """One of the two servers, through all its lives."""

    def __init__(self, run: Callable[[], AbstractAsyncContextManager[str]]) -> None:
        self._run = run
        self._life = AsyncExitStack()
        self.url = ""
        self.pid = 0

    async def start(self) -> None:
        """Ready when it returns."""
        self.url = await self._life.enter_async_context(self._run())

    async def stop(self) -> None:
        self.thaw()
        await self._life.aclose()
        self.pid = 0

    async def kill(self) -> None:
        """SIGKILL to it and all its children, at one moment."""
        self.freeze()
        self._signal(signal.SIGKILL)
        await self.stop()

    def freeze(self) -> None:
        """Nothing of it runs until it is thawed; its sockets stay open and say nothing."""
        # The parent first: afterwards no child is born that would be missed.
        if self.pid:
            os.kill(self.pid, signal.SIGSTOP)
            self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        self.freeze()
        try:
            yield
        finally:
            self.thaw()

    def _signal(self, number: signal.Signals) -> None:
        for pid in family(self.pid) if self.pid else ():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue


@dataclass
class Place:
    """Both servers, and databases cloned from one that is migrated."""

    home: Home
    postgres: Daemon = field(init=False)
    valkey: Daemon = field(init=False)
    template: str = ""

    def __post_init__(self) -> None:
        self.postgres = Daemon(lambda: embedded_postgres.running(self.home))
        self.valkey = Daemon(lambda: embedded_valkey.running(self.home))

    @property
    def servers(self) -> Servers:
        return Servers(self.postgres.url, self.valkey.url)

    async def start_postgres(self) -> None:
        await self.postgres.start()
        self.postgres.pid = int((self.home.data / "postgres" / "postmaster.pid").read_text().split()[0])

    async def start_valkey(self) -> None:
        await self.valkey.start()
        async with Redis.from_url(self.valkey.url) as client:
            self.valkey.pid = (await client.info("server"))["process_id"]

    async def start(self) -> None:
        await self.start_valkey()
        await self.start_postgres()
        self.template = self.template or await self._new_database("")
        await migrate(self.renamed(self.template))

    async def stop(self) -> None:
        try:
            await self.postgres.stop()
        finally:
            await self.valkey.stop()

    async def new_database(self) -> str:
        """The URL of a migrated, empty one."""
        return self.renamed(await self._new_database(f"TEMPLATE {self.template}"))

    async def empty_database(self) -> str:
        """The URL of one in which nothing was ever made."""
        return self.renamed(await self._new_database(""))

    async def drop_database(self, url: str) -> None:
        await self.as_superuser(f"DROP DATABASE IF EXISTS {name_of(url)} WITH (FORCE)")

    async def _new_database(self, how: str) -> str:
        name = f"drill_{next(_names)}"
        await self.as_superuser(f"CREATE DATABASE {name} OWNER {embedded_postgres.NAME} {how}")
        return name

    async def as_superuser(self, *statements: str) -> None:
        connection = await self.superuser()
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def superuser(self, database: str = "postgres") -> "asyncpg.Connection[asyncpg.Record]":
        sockets = parse_qs(urlsplit(self.postgres.url).query)["host"][0]
        return await asyncpg.connect(
            host=sockets, port=embedded_postgres.PORT, user="postgres", database=database, timeout=10
        )

    def renamed(self, name: str) -> str:
        return urlunsplit(urlsplit(self.postgres.url)._replace(path=f"/{name}"))


@asynccontextmanager
async def a_place(folder: Path) -> AsyncIterator[Place]:
    async with opened(folder, find_binaries()) as home:
        place = Place(home)
        try:
            await place.start()
            yield place
        finally:
            await place.stop()


def name_of(url: str) -> str:
    """A database's."""
    return urlsplit(url).path.strip("/")
