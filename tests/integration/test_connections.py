"""Connections that are kept between two transactions: nobody waits for them, and none outlives its end."""

import asyncio

import pytest

from storage.pool import Database, open_database
from tests.clients import eventually


async def test_whoever_waits_for_a_connection_has_the_next_that_is_free(database_url: str) -> None:
    """Whoever waits for the pool does not see what is kept: it must be given back there."""
    async with open_database(database_url, size=1) as single, asyncio.TaskGroup() as group:
        async with single.transaction(None):
            others = [group.create_task(single.ready()) for _ in range(3)]
            await asyncio.sleep(0)

        assert all(await asyncio.gather(*others))


async def test_kept_connection_that_postgres_ended_is_used_by_nobody(database: Database, database_url: str) -> None:
    """Its next user would be told that PostgreSQL is away."""
    async with open_database(database_url, size=2) as other:
        async with other.transaction(None) as tx:
            pid = await tx.fetchval("SELECT pg_backend_pid()")

        async def is_gone() -> bool:
            async with database.maintenance() as tx:
                return not await tx.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid)

        async with database.maintenance() as tx:
            await tx.execute("SELECT pg_terminate_backend($1)", pid)
        await eventually(is_gone)

        assert await other.ready()


async def test_kept_connections_are_given_back_at_the_end(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """The pool would wait for them until it is cut short."""
    async with open_database(database_url, size=2) as database:
        assert all(await asyncio.gather(database.ready(), database.ready()))

    assert "goodbye" not in caplog.text
