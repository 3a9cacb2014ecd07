"""Starts and stops PostgreSQL and Valkey for a laptop, a demo or a test run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from stream_jobs.embedded import postgres, valkey
from stream_jobs.embedded.binaries import Binaries, find_binaries, find_postgres_program
from stream_jobs.embedded.folder import opened
from stream_jobs.embedded.postgres import running_database_url

__all__ = [
    "Binaries",
    "Servers",
    "embedded_servers",
    "find_binaries",
    "find_postgres_program",
    "running_database_url",
]


@dataclass(frozen=True, slots=True)
class Servers:
    """Where to reach the two, over Unix sockets that only their user (and root) can open."""

    database_url: str
    valkey_url: str


@asynccontextmanager
async def embedded_servers(data: Path) -> AsyncIterator[Servers]:
    """Both servers, ready, with what the folder held before; stopped at the end, however this process ends.

    Enter it in the thread that lives longest: on Linux the servers end with the thread that started them.
    Raises a StartError that says what to do.
    """
    async with (
        opened(data, find_binaries()) as home,
        valkey.running(home) as valkey_url,
        postgres.running(home) as database_url,
    ):
        yield Servers(database_url=database_url, valkey_url=valkey_url)
