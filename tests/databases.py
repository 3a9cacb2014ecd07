"""Databases of one test each, on the servers of the run."""

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from stream_jobs.embedded import Servers

MEMORY = "/dev/shm"
_names = itertools.count(1)


def url_of(servers: Servers, name: str) -> str:
    return urlunsplit(urlsplit(servers.database_url)._replace(path=f"/{name}"))


async def administer(servers: Servers, statement: str) -> None:
    connection = await asyncpg.connect(servers.database_url, timeout=10)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def a_database(servers: Servers, template: str | None = None) -> AsyncIterator[str]:
    """The name of one that is like the template, else empty; gone afterwards."""
    name = f"test_{os.getpid()}_{next(_names)}"
    # In memory it is quickest to copy the files; on a disk each would have to be on it first.
    strategy = "FILE_COPY" if Path(os.environ.get("PYTEST_DEBUG_TEMPROOT", "/")).is_relative_to(MEMORY) else "WAL_LOG"
    like = f" TEMPLATE {template} STRATEGY {strategy}" if template else ""
    await administer(servers, f"CREATE DATABASE {name}{like}")
    try:
        yield name
    finally:
        try:
            await administer(servers, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        except asyncpg.InsufficientPrivilegeError:
            # An autovacuum worker is the superuser's and not ours to end; without FORCE it is asked to leave.
            await administer(servers, f"DROP DATABASE {name}")
