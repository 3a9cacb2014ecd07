"""Several workers on one port: who is told what, who takes over, and who answers for them."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from admin.ops import build_ops_app
from admin.parts import Draining
from storage.pool import open_database
from stream_jobs.bench.server import Server, a_server
from stream_jobs.domain.errors import PortTaken, WorkerNotStarted
from stream_jobs.domain.ids import BroadcastId, WorkerId
from stream_jobs.embedded import Servers
from stream_jobs.listening import bound, reserved
from stream_jobs.settings import Settings, read_settings
from stream_jobs.workers import supervisor, worker
from stream_jobs.workers.health import Health, labelled
from stream_jobs.workers.orders import Life, Orders
from stream_jobs.workers.worker import Worker
from tests.builders import BY, Store, a_broadcast, a_store, cards_of
from tests.databases import a_database, url_of
from tests.drills.crowd import a_line, a_token
from tests.drills.show import KEYS, RealClock, write_keys
from tests.drills.workers import asked_all_the_time, renew

WORKERS = 2
VIEWERS = 12
BEAT_SECONDS = 5.0
SLACK_SECONDS = 1.0
"""For a machine that does other things too."""
PATIENCE_SECONDS = 30.0


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_SECONDS) -> float:
    """How long it took; raises TimeoutError."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110  # asked of other processes
            await asyncio.sleep(0.05)
    return time.monotonic() - began


# ── a show on air at two workers ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Site:
    server: Server
    store: Store
    broadcast: BroadcastId
    valkey_url: str

    async def checks(self) -> dict[str, bool]:
        async with ClientSession() as client, client.get(f"{self.server.ops_url}/readyz") as response:
            told = await response.json()
        assert told["ready"] == (response.status == 200)
        assert (told["ready"] and not told["degraded"]) == all(told["checks"].values())
        checks: dict[str, bool] = told["checks"]
        return checks

    async def ready(self) -> bool:
        return all((await self.checks()).values())

    async def metric(self, name: str) -> dict[int, float]:
        """Its values by worker."""
        async with ClientSession() as client, client.get(f"{self.server.ops_url}/metrics") as response:
            families = list(text_string_to_metric_families(await response.text()))
        samples = [one for family in families for one in family.samples if one.name == name]
        return {int(one.labels["worker"]): one.value for one in samples}

    async def push(self, nth: int) -> None:
        """By another process, which says so."""
        card = (await cards_of(self.store, self.broadcast))[nth]
        await self.store.actions.stage.push(self.store.org, self.broadcast, card, BY, uuid4())
        async with Redis.from_url(self.valkey_url) as valkey:
            await valkey.publish("stream_jobs:look", f"{self.broadcast} stage")

    async def process_of(self, worker: int) -> int:
        """By its start: metrics tell when, and so does the kernel."""
        started = await self.metric("process_start_time_seconds")
        return dict(zip(sorted(started, key=lambda one: started[one]), sorted(self.server.serving), strict=True))[
            worker
        ]


@pytest_asyncio.fixture(scope="module")
async def site(servers: Servers, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One for all tests here: starting costs more than they do. Each leaves two workers."""
    folder = tmp_path_factory.mktemp("workers")
    write_keys(KEYS, folder / "keys")
    async with a_database(servers, template) as name:
        there = Servers(url_of(servers, name), servers.valkey_url)
        async with open_database(there.database_url, size=4) as database:
            store = await a_store(database, KEYS, RealClock())
            broadcast = await a_broadcast(store)
            async with a_server(there, folder, workers=WORKERS) as server:
                yield Site(server, store, broadcast, servers.valkey_url)


@dataclass
class Viewer:
    """On the stage; what it was told and whether it was cut."""

    socket: ClientConnection
    epoch: str
    offset: int
    pushed: list[int] = field(default_factory=list)
    watching: int = 0
    cut: bool = False

    async def listen(self) -> None:
        try:
            async for message in self.socket:
                for line in str(message).split("\n"):
                    if line == "{}":
                        await self.socket.send("{}")
                    self.hear(json.loads(line).get("push", {}).get("pub", {}).get("data", {}))
        except ConnectionClosed:
            self.cut = True

    def hear(self, body: dict[str, Any]) -> None:
        if body.get("type") == "card_pushed":
            self.pushed.append(body["seq"])
        self.watching = body.get("watching", self.watching)


@asynccontextmanager
async def a_viewer(site: Site, since: Viewer | None = None) -> AsyncIterator[Viewer]:
    """since: one whose line was cut, who goes on where it was."""
    asked: dict[str, Any] = {"channel": f"broadcast:{site.broadcast}"}
    if since:
        asked |= {"recover": True, "epoch": since.epoch, "offset": max([since.offset, *since.pushed])}
    async with a_line(site.server.socket_url, a_token(site.store, site.broadcast)) as socket:
        await socket.send(json.dumps({"id": 2, "subscribe": asked}))
        # The counts come in the same frame, and not again while they are right.
        answer, *more = [json.loads(line) for line in str(await socket.recv()).split("\n")]
        said = answer["subscribe"]
        assert said.get("recovered", False) is bool(since)
        viewer = Viewer(socket, said["epoch"], said.get("offset", 0))
        for publication in [*said.get("publications", ()), *(one["push"]["pub"] for one in more)]:
            viewer.hear(publication["data"])
        listening = asyncio.create_task(viewer.listen())
        try:
            yield viewer
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


async def test_a_card_reaches_the_viewers_of_every_worker_and_each_learns_how_many_watch(site: Site) -> None:
    """Connections are shared out by the kernel; the figures are of all workers together."""
    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(a_viewer(site)) for _ in range(VIEWERS)]
        held = await site.metric("stream_jobs_connections")
        await site.push(0)

        async def all_told() -> bool:
            return all(viewer.pushed and viewer.watching == VIEWERS for viewer in viewers)

        await until(all_told)

    assert sorted(held) == [1, 2] and all(held.values()) and sum(held.values()) == VIEWERS


async def test_a_killed_worker_takes_its_own_sockets_alone_and_is_started_again(site: Site) -> None:
    """Its viewers come back and miss nothing; within a beat nobody counts them twice."""
    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(a_viewer(site)) for _ in range(VIEWERS)]

        async def counted() -> bool:
            return all(viewer.watching == VIEWERS for viewer in there)

        there = viewers
        await until(counted)
        held = await site.metric("stream_jobs_connections")
        starts = await site.metric("stream_jobs_worker_starts_total")

        os.kill(await site.process_of(1), signal.SIGKILL)

        async def named() -> bool:
            return not (await site.checks())["worker_1"]

        async def noticed() -> bool:
            return sum(viewer.cut for viewer in viewers) >= held[1]

        await until(named)
        await until(noticed)
        assert (await site.checks())["worker_2"]
        await site.push(1)
        lost = [viewer for viewer in viewers if viewer.cut]
        back = [await stack.enter_async_context(a_viewer(site, viewer)) for viewer in lost]
        came_back = time.monotonic()
        there = [viewer for viewer in viewers if not viewer.cut] + back
        await until(counted)
        assert time.monotonic() - came_back < BEAT_SECONDS + SLACK_SECONDS
        await until(site.ready)

    assert len(lost) == held[1] and all(viewer.pushed for viewer in there)
    assert (await site.metric("stream_jobs_worker_starts_total"))[1] == starts[1] + 1


async def test_a_worker_that_does_not_answer_is_named(site: Site) -> None:
    """It lives, and nobody may be sent to it."""
    process = await site.process_of(2)
    os.kill(process, signal.SIGSTOP)
    try:
        checks, up = await site.checks(), await site.metric("stream_jobs_worker_up")
    finally:
        os.kill(process, signal.SIGCONT)

    assert (checks["worker_1"], checks["worker_2"]) == (True, False)
    assert up == {1: 1, 2: 0}
    await until(site.ready)


@pytest.mark.drill
async def test_a_worker_that_hangs_for_half_a_minute_is_started_again(site: Site) -> None:
    """Its viewers are cut off then, and find another or the new one."""
    starts = await site.metric("stream_jobs_worker_starts_total")

    os.kill(await site.process_of(2), signal.SIGSTOP)

    async def started_again() -> bool:
        return (await site.metric("stream_jobs_worker_starts_total"))[2] == starts[2] + 1

    await until(started_again, worker.HUNG_SECONDS + PATIENCE_SECONDS)
    await until(site.ready)


async def test_all_workers_are_started_anew_one_after_the_other(site: Site) -> None:
    """Every line ends with a word, nobody misses a card, and whoever asks for a page meanwhile is answered."""
    starts = await site.metric("stream_jobs_worker_starts_total")
    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(a_viewer(site)) for _ in range(VIEWERS)]
        asked = await stack.enter_async_context(asked_all_the_time(site.server))

        await renew(site.server)

        assert asked.answered and not asked.in_vain
        assert {viewer.socket.close_code for viewer in viewers} == {3001}
        await site.push(2)
        for viewer in viewers:
            back = await stack.enter_async_context(a_viewer(site, viewer))
            assert back.pushed == [back.offset + 1]
    assert await site.metric("stream_jobs_worker_starts_total") == {nth: times + 1 for nth, times in starts.items()}


async def test_everybody_is_told_to_come_back_when_all_processes_are_told_to_end(site: Site) -> None:
    """As a service manager does: a worker is told by it, and again by the supervisor. The last test: nobody is left."""
    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(a_viewer(site)) for _ in range(VIEWERS)]
        for process in [site.server.pid, *site.server.serving]:
            os.kill(process, signal.SIGTERM)

        async def cut() -> bool:
            return all(viewer.cut for viewer in viewers)

        await until(cut)
        assert {viewer.socket.close_code for viewer in viewers} == {3001}
    await site.server.stop()


# ── the parts ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reserved_port_is_shared_with_our_own_and_taken_for_others() -> None:
    """Also while none of ours listens."""
    with reserved("127.0.0.1", 0) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(PortTaken):
            bound("127.0.0.1", port)
        with pytest.raises(PortTaken):
            reserved("127.0.0.1", port)
        with bound("127.0.0.1", port, shared=True) as one, bound("127.0.0.1", port, shared=True) as two:
            one.listen()
            two.listen()

    bound("127.0.0.1", port).close()


async def test_a_taken_port_is_named_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor waits a moment for those of one that was killed, and then says so."""
    monkeypatch.setattr(supervisor, "PORT_SECONDS", 0.0)
    with bound("127.0.0.1", 0) as other:
        other.listen()
        settings = read_settings({}, port=other.getsockname()[1], data=tmp_path / "data", workers=2)

        with pytest.raises(PortTaken):
            async with supervisor.supervised(settings):
                pass

    assert not (tmp_path / "data").exists()


def test_metrics_of_workers_are_told_apart_by_their_number() -> None:
    """A name has one description, however many workers have it."""

    def text(value: int) -> str:
        registry = CollectorRegistry()
        Counter("closes", "Connections we closed", ["code"], registry=registry).labels("3001").inc(value)
        return generate_latest(registry).decode()

    (family, *_) = labelled({1: text(3), 2: text(4)})

    found = {(one.labels["worker"], one.labels["code"]): one.value for one in family.samples if "total" in one.name}
    assert (family.name, family.documentation, found) == (
        "closes", "Connections we closed", {("1", "3001"): 3, ("2", "3001"): 4}
    )  # fmt: skip


@pytest.mark.parametrize("command", ["false", "/nowhere/at/all"])
async def test_a_worker_that_cannot_start_is_tried_more_and_more_rarely(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never was one: nobody is told that it ended."""
    monkeypatch.setattr("stream_jobs.workers.worker.FIRST_DELAY_SECONDS", 0.02)
    ended: list[WorkerId] = []
    one = Worker(1, [command], Settings(), ended.append)
    with pytest.raises(WorkerNotStarted):
        await one.start()
    keeping = asyncio.create_task(one.keep())

    async def tried() -> bool:
        return one.starts >= 5 or keeping.done()

    took = await until(tried)
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping

    assert took >= 0.02 + 0.04 + 0.08 + 0.16
    assert not ended


LISTENING = """
import sys, time
print('{"ops_url": "http://127.0.0.1:1", "id": "00000000-0000-7000-8000-000000000001"}', flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(("answers", "ends"), [(False, True), (True, False)])
async def test_a_worker_that_hangs_is_killed_after_a_while(
    monkeypatch: pytest.MonkeyPatch, answers: bool, ends: bool
) -> None:
    """So that it is started again: the kernel would go on sending it viewers."""
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(worker, "HUNG_SECONDS", 0.2)
    ended = asyncio.Event()

    async def says(_: Worker) -> bool:
        return answers

    one = Worker(1, [sys.executable, "-c", LISTENING], Settings(), lambda _: ended.set())
    await one.start()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS if ends else 0.6):
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one.keep()), group.create_task(one.must_answer(says))]
                await ended.wait()
                for task in tasks:
                    task.cancel()
    except TimeoutError:
        assert not ends
    finally:
        await worker.end([one], 0)

    assert ended.is_set() is ends


@pytest.mark.parametrize(("lacking", "goes_on"), [("valkey", True), ("database", False)])
async def test_starting_anew_waits_for_what_is_needed_and_not_for_valkey(lacking: str, goes_on: bool) -> None:
    """As whoever sends people there decides: else a new version could not come while Valkey is away."""

    async def there() -> bool:
        return True

    async def away() -> bool:
        return False

    ops = build_ops_app(CollectorRegistry(), {"migrations": there, lacking: away}, Draining())
    one = Worker(1, ["true"], Settings(), lambda _: None)
    async with TestServer(ops) as server, ClientSession() as client:
        one.life = Life(ops_url=str(server.make_url("")).rstrip("/"), id=WorkerId(uuid4()))

        assert await Health([one], client, Draining()).ready(one) is goes_on


async def test_a_worker_started_anew_while_it_is_away_is_the_next_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody was told to end, so that its next end is one to be warned of; who takes too long is named."""
    monkeypatch.setattr(worker, "LATE_SECONDS", 0.0)
    monkeypatch.setattr(worker, "FIRST_DELAY_SECONDS", 0.5)
    ended: list[WorkerId] = []

    async def ready(who: Worker) -> bool:
        return who.life is not None and "not ready" in caplog.text

    def over(times: int) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            return len(ended) == times

        return holds

    one = Worker(1, [sys.executable, "-c", LISTENING], Settings(drain_seconds=0.01), ended.append)
    await one.start()
    keeping = asyncio.create_task(one.keep())
    await worker.end([one], PATIENCE_SECONDS)
    await until(over(1))

    async with asyncio.timeout(PATIENCE_SECONDS):
        await one.renew(ready)
    await worker.end([one], PATIENCE_SECONDS)
    await until(over(2))

    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping
    await worker.end([one], 0)
    ends = [record.levelname for record in caplog.records if "a worker ended" in record.message]
    assert (one.starts, ends) == (2, ["WARNING", "WARNING"])


ORPHANED = """
import time
from stream_jobs.workers.orders import take_orders
take_orders()
print(flush=True)
time.sleep(60)
"""
MOTHER = f"""
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {ORPHANED!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdin.write(sys.stdin.buffer.readline().replace(b'"supervisor":0', b'"supervisor":%d' % os.getpid()))
child.stdin.flush()
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


async def test_a_worker_ends_with_its_supervisor_however_that_ends() -> None:
    """Else it would go on serving, and hold the port."""
    pipe = asyncio.subprocess.PIPE
    mother = await asyncio.create_subprocess_exec(sys.executable, "-c", MOTHER, stdin=pipe, stdout=pipe)
    assert mother.stdin is not None and mother.stdout is not None
    mother.stdin.write(Orders(worker=1, supervisor=0, settings=Settings()).model_dump_json().encode() + b"\n")
    child = int(await mother.stdout.readline())

    mother.kill()
    await mother.wait()

    async def gone() -> bool:
        with suppress(ProcessLookupError):
            os.kill(child, 0)
            return False
        return True

    await until(gone)
