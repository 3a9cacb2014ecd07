"""PostgreSQL or Valkey goes away under a running server: nothing acknowledged is lost, and it heals by itself."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from storage.pool import Database, open_database
from storage.upkeep import UpkeepStore
from stream_jobs.bench.server import Server, a_server
from stream_jobs.clock import utc_now
from stream_jobs.domain.ids import BroadcastId, CardId, WorkerId
from stream_jobs.embedded import Servers
from stream_jobs.keys import Keys
from stream_jobs.workers import supervisor
from tests.builders import BY, Clock, Store, a_broadcast, cards_of, jobs_of
from tests.clients import Forwarder, eventually
from tests.drills.audit import audit
from tests.drills.crowd import Ledger, Told, a_token, a_watching, crowded, told_of
from tests.drills.show import write_keys
from tests.sockets import CLOSE, TEXT, RawSocket, a_frame, an_upgrade

APPLICANTS = 10
DRAIN_SECONDS = 4.0
SLACK_SECONDS = 2.0
"""For a machine that does other things too, where the last moment is waited for."""
SLOW = b"POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
SHUTDOWN = (3001).to_bytes(2, "big") + b"shutdown"


@pytest.fixture
def clock() -> Clock:
    """The server under test has the real time, so the broadcast is made in it."""
    clock = Clock()
    clock.now = utc_now()
    return clock


def _lines(servers: Servers, database_url: str) -> tuple[Forwarder, Forwarder]:
    """To PostgreSQL and to Valkey."""
    folder = parse_qs(urlsplit(database_url).query)["host"][0]
    valkey = urlsplit(servers.valkey_url).path
    return (
        Forwarder(lambda: asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")),
        Forwarder(lambda: asyncio.open_unix_connection(valkey)),
    )


def _url_over(database: Forwarder, database_url: str) -> str:
    return f"postgresql://stream_jobs@127.0.0.1:{database.port}{urlsplit(database_url).path}?sslmode=disable"


@asynccontextmanager
async def _behind_lines(
    servers: Servers, database_url: str, keys: Keys, folder: Path, *, valkey_is_there: bool = True, **settings: str
) -> AsyncIterator[tuple[Server, Forwarder, Forwarder]]:
    """A server whose lines to its database and to Valkey can be cut."""
    database, valkey = _lines(servers, database_url)
    await database.mend()
    await valkey.mend()
    if not valkey_is_there:
        await valkey.cut()
    write_keys(keys, folder / "keys")
    url = _url_over(database, database_url)
    async with a_server(Servers(url, f"redis://127.0.0.1:{valkey.port}"), folder, settings=settings) as server:
        yield server, database, valkey
    await database.cut()
    await valkey.cut()


async def _falls_silent(ledger: Ledger) -> bool:
    """Whether nobody is thanked for a second."""
    try:
        await ledger.grows_by(1, seconds=1)
    except TimeoutError:
        return True
    return False


async def test_while_postgres_is_away_nobody_is_thanked_and_afterwards_everything_is_there(
    store: Store, servers: Servers, database_url: str, keys: Keys, tmp_path: Path
) -> None:
    """Readiness says so; people who were not answered send again and are stored once."""
    async with _behind_lines(servers, database_url, keys, tmp_path) as (server, database, _):
        broadcast = await a_broadcast(store)
        ledger = Ledger()
        job = (await jobs_of(store, broadcast))[0]
        async with crowded(store, server, broadcast, job, ledger, count=APPLICANTS):
            await ledger.grows_by(100)

            await database.cut()
            await eventually(lambda: _is_not(server.ready()))
            told = len(ledger.told)
            # What was stored before the cut may still be answered; after that, nobody is.
            await eventually(lambda: _falls_silent(ledger))
            await database.mend()
            await ledger.grows_by(100)
            await eventually(server.ready)

    found = await audit(store.database, store.keys, store.org, broadcast, ledger.told)
    assert told >= 100
    assert found.clean, str(found)


async def test_while_valkey_is_away_cards_arrive_and_applications_are_stored(
    store: Store, servers: Servers, database_url: str, keys: Keys, tmp_path: Path
) -> None:
    """Valkey only says "look": a room looks by itself within a second or two, from the start and later."""
    lines = _behind_lines(servers, database_url, keys, tmp_path, valkey_is_there=False)
    async with lines as (server, _, valkey):
        broadcast = await a_broadcast(store)
        cards = await cards_of(store, broadcast)
        assert await server.ready() and not await server.passes("valkey")
        async with a_watching(store, server, broadcast) as viewer:
            await _arrives(store, broadcast, cards[0], viewer)
            assert server.log.read_text().count("valkey is away") == 1
            await valkey.mend()
            await eventually(lambda: server.passes("valkey"))

            await valkey.cut()
            await eventually(lambda: _is_not(server.passes("valkey")))
            assert await server.ready()
            await _arrives(store, broadcast, cards[1], viewer)

            ledger = Ledger()
            job = (await jobs_of(store, broadcast))[0]
            async with crowded(store, server, broadcast, job, ledger, count=2):
                await ledger.grows_by(10)
            await valkey.mend()
            await eventually(lambda: server.passes("valkey"))

    assert (await audit(store.database, store.keys, store.org, broadcast, ledger.told)).clean


async def _arrives(store: Store, broadcast: BroadcastId, card: CardId, viewer: Told) -> None:
    """Pushed by another process: the server hears of it by looking alone."""
    await store.actions.stage.push(store.org, broadcast, card, BY, uuid4())
    async with asyncio.timeout(5):
        assert (await told_of(viewer, "card_pushed"))["card"]["id"] == str(card)


async def _is_not(what: object) -> bool:
    return not await what  # type: ignore[misc]  # a coroutine


@pytest.mark.parametrize(
    ("how", "frozen"), [(signal.SIGHUP, False), (signal.SIGTERM, True)], ids=["PostgreSQL answers", "it is frozen"]
)
async def test_a_server_told_to_stop_is_gone_in_time_whatever_it_waits_for(
    store: Store, servers: Servers, database_url: str, keys: Keys, tmp_path: Path, how: signal.Signals, frozen: bool
) -> None:
    """A body that drips, a viewer that answers no close, PostgreSQL: each had a time of its own, and they added up."""
    async with _behind_lines(servers, database_url, keys, tmp_path, drain_seconds=str(DRAIN_SECONDS)) as (
        server,
        database,
        _,
    ):
        async with await _a_line(server) as viewer, await _a_line(server) as slow:
            token = a_token(store, await a_broadcast(store)).encode()
            await viewer.send(an_upgrade() + a_frame(TEXT, b'{"id":1,"connect":{"token":"%b"}}' % token))
            assert await viewer.head()
            assert await viewer.frame()
            await slow.send(SLOW)
            if frozen:
                database.silence()

            began = time.monotonic()
            await server.stop(how)
            took = time.monotonic() - began
            database.speak()

            assert await viewer.frame() == (CLOSE, SHUTDOWN)
        assert took <= DRAIN_SECONDS + (SLACK_SECONDS if frozen else 0)
        assert server.process and server.process.returncode == (1 if frozen else 0)
        assert ("the process is ended as it is" in server.log.read_text()) == frozen


async def _a_line(server: Server) -> RawSocket:
    return RawSocket(*await asyncio.open_connection("127.0.0.1", server.port))


async def test_that_a_worker_ended_is_said_once_postgres_is_back(
    store: Store, servers: Servers, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was tried once: with PostgreSQL away at that moment, who came back was counted twice for fifteen seconds."""
    monkeypatch.setattr(supervisor, "AGAIN_SECONDS", 0.05)
    broadcast, dead, other = await a_broadcast(store), WorkerId(uuid4()), WorkerId(uuid4())
    await store.actions.watching.beat(dead, {broadcast: 7})
    line, ended = _lines(servers, database_url)[0], asyncio.Queue[WorkerId]()
    await line.mend()

    async def counts(watching: int) -> bool:
        return await store.actions.watching.watching_elsewhere(broadcast, other) == watching

    async with open_database(_url_over(line, database_url), size=1) as database, asyncio.TaskGroup() as group:
        saying = group.create_task(supervisor.empty_rooms(UpkeepStore(database), ended))
        await line.cut()
        ended.put_nowait(dead)
        await eventually(lambda: _refused(database))
        assert await counts(7)
        await line.mend()
        await eventually(lambda: counts(0))
        saying.cancel()
    await line.cut()


async def _refused(database: Database) -> bool:
    """Whether somebody has asked it in vain, and asks again."""
    return database.begun > 1


async def test_a_supervisor_goes_on_when_saying_that_a_worker_ended_fails(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It ended, and every worker with it; now it says so again, and the others that ended too."""
    monkeypatch.setattr(supervisor, "AGAIN_SECONDS", 0.01)
    ended, emptied = asyncio.Queue[WorkerId](), list[WorkerId]()

    class Clumsy(UpkeepStore):
        async def empty_rooms(self, worker_id: WorkerId) -> None:
            emptied.append(worker_id)
            if len(emptied) == 1:
                raise KeyError("a mistake")
            await super().empty_rooms(worker_id)

    async def all_said() -> bool:
        return emptied == [one, other, one]

    one, other = WorkerId(uuid4()), WorkerId(uuid4())
    ended.put_nowait(one)
    ended.put_nowait(other)
    async with asyncio.TaskGroup() as group:
        saying = group.create_task(supervisor.empty_rooms(Clumsy(store.database), ended))
        await eventually(all_said)
        saying.cancel()
    assert "saying that a worker ended failed" in caplog.text
