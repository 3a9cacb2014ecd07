"""kill -9 of the server while people apply: nothing acknowledged is lost, nothing is doubled."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from stream_jobs.app import utc_now
from stream_jobs.embedded import Servers
from stream_jobs.keys import Keys
from tests.builders import Clock, Store, a_broadcast, jobs_of
from tests.faults.drill import Audit, Ledger, Server, a_server, applicants, audit

KILLS = 5
APPLICANTS = 20


@pytest.fixture
def clock() -> Clock:
    """The server under test has the real time, so the broadcast is made in it."""
    clock = Clock()
    clock.now = utc_now()
    return clock


async def _drill(store: Store, server: Server) -> Audit:
    broadcast = await a_broadcast(store)
    job = (await jobs_of(store, broadcast))[0]
    ledger = Ledger()
    crowd = asyncio.create_task(applicants(store, server, broadcast, job, ledger, count=APPLICANTS))
    try:
        for _ in range(KILLS):
            await ledger.grows_by(100)
            await server.kill()
            await server.start()
        await ledger.grows_by(200)
    finally:
        crowd.cancel()
        with suppress(asyncio.CancelledError):
            await crowd
    return await audit(store, broadcast, ledger)


async def test_nothing_acknowledged_is_lost_or_doubled_when_the_server_is_killed(
    store: Store, servers: Servers, database_url: str, keys: Keys, tmp_path: Path
) -> None:
    """Five kills while twenty devices apply without pause and send again what was not answered."""
    async with a_server(servers, database_url, keys, tmp_path) as server:
        found = await _drill(store, server)

    assert found.told >= 100 * KILLS
    assert (found.lost, found.doubled) == (0, 0)
    assert found.applications == found.events == found.counted


async def test_the_drill_finds_a_server_that_thanks_before_the_commit(
    store: Store, servers: Servers, database_url: str, keys: Keys, tmp_path: Path
) -> None:
    """The control: without it, a drill that never fails proves nothing."""
    program = ("-m", "tests.faults.early_thanks")
    async with a_server(servers, database_url, keys, tmp_path, program=program) as server:
        found = await _drill(store, server)

    assert found.lost > 0
