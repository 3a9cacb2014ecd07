"""Whoever watches has the log, each entry once and in order, however the host acts and lines break."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from realtime import forward, past, room
from realtime.limits import SocketPace
from stream_jobs.actions import stage as stage_actions
from stream_jobs.domain.errors import Conflict
from stream_jobs.domain.events import QuestionKind, StageEntry
from stream_jobs.domain.ids import BroadcastId, CardId
from stream_jobs.embedded import Servers
from stream_jobs.settings import read_settings
from tests.builders import BY, a_broadcast, a_watcher, cards_of
from tests.clients import Running, Viewer, a_connected
from tests.pages import Page, body_of, shown_of
from tests.sockets import a_gateway_of_its_own

VIEWERS = 3
STEPS = 18
PATIENCE_SECONDS = 60
TAIL, PAGE, MOST, AT_ONCE_BYTES = 3, 4, 12, 700
"""So short that a few entries reach every way to be brought forward: memory, a page, several, a fresh start."""

VIEWER = st.integers(0, VIEWERS - 1)
ACTS = st.lists(
    st.tuples(st.sampled_from(["push", "push", "undo", "pin", "unpin", "withdraw", "answer"]), st.integers(0, 1)),
    min_size=1,
    max_size=10,
)
"""Of the host, between two steps of the viewers'."""


@pytest_asyncio.fixture(scope="module")
async def running(servers: Servers, template: str) -> AsyncIterator[Running]:
    async with a_gateway_of_its_own(servers, template) as started:
        yield started


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    # A story may come back to one viewer again and again: how often one may ask is looked at elsewhere.
    monkeypatch.setattr(SocketPace, "wait", lambda pace, now: 0.0)
    monkeypatch.setattr(room, "TAIL_ENTRIES", TAIL)
    monkeypatch.setattr(room, "SHARE_OF_QUEUE", read_settings({}).max_queued_bytes // AT_ONCE_BYTES)
    monkeypatch.setattr(forward, "MOST_ENTRIES", MOST)
    for module in (room, past, forward, stage_actions):
        monkeypatch.setattr(module, "PAGE_OF_RECOVERY", PAGE)


@dataclass
class Host:
    """Who acts on the stage; what the rules refuse is not done."""

    running: Running
    broadcast: BroadcastId
    cards: list[CardId]

    async def act(self, what: str, nth: int) -> None:
        stage, org, card = self.running.store.actions.stage, self.running.store.org, self.cards[nth]
        try:
            match what:
                case "push":
                    await stage.push(org, self.broadcast, card, BY, uuid4())
                case "undo":
                    await stage.undo(org, self.broadcast, BY, uuid4())
                case "pin":
                    await stage.pin(org, self.broadcast, card, BY, uuid4())
                case "unpin":
                    await stage.unpin(org, self.broadcast, BY, uuid4())
                case "withdraw":
                    await stage.withdraw(org, self.broadcast, card, BY, uuid4())
                case "answer":
                    await stage.answer(org, self.broadcast, card, QuestionKind.SHIFT, f"两班倒 {uuid4()}", BY)
        except Conflict:
            pass

    async def log(self) -> list[StageEntry]:
        entries: list[StageEntry] = []
        while more := await self.running.store.actions.stage.stage_after(
            self.running.store.org, self.broadcast, entries[-1].seq if entries else 0
        ):
            entries += more
        return entries


@dataclass
class Watching:
    """A viewer, their page, and their line while it holds."""

    running: Running
    broadcast: BroadcastId
    token: str
    page: Page = field(default_factory=Page)
    line: Viewer | None = None
    follows: bool = False

    @property
    def channel(self) -> str:
        return f"broadcast:{self.broadcast}"

    async def connect(self) -> None:
        self.line = self.line or await a_connected(self.running, self.token)

    async def subscribe(self) -> None:
        if self.line and not self.follows:
            reply = await self.line.ask(subscribe=self.page.asks(self.channel))
            self.follows = True
            assert not (wrong := self.page.subscribed(reply["subscribe"])), wrong

    async def watch(self) -> None:
        await self.connect()
        await self.subscribe()

    async def unsubscribe(self) -> None:
        if self.line and self.follows:
            await self.line.ask(unsubscribe={"channel": self.channel})
            self._take_what_came()
            self.follows = False
            await self.line.ask(presence_stats={"channel": self.channel})
            assert not self.line.pushes, "told something after it had left"

    async def lose(self) -> None:
        if self.line:
            self.line.socket.transport.abort()
        self.line, self.follows = None, False

    async def reload(self) -> None:
        await self.lose()
        self.page = Page()

    async def read(self) -> None:
        """Up to what is in the log now."""
        stage = self.running.store.actions.stage
        head = (await stage.snapshot(self.running.store.org, self.broadcast)).seq
        while self.line and self.follows and self.page.seq < head:
            self._take_what_came()
            if self.page.seq < head and (push := (await self.line.line()).get("push")):
                self._take(push)

    def _take_what_came(self) -> None:
        assert self.line
        while self.line.pushes:
            self._take(self.line.pushes.pop(0))

    def _take(self, push: dict[str, Any]) -> None:
        wrong = self.page.take(push["pub"]["data"])
        assert not wrong, wrong


class AShow(RuleBasedStateMachine):
    """A show with its viewers: in the end everybody has the log. Steps are taken on the gateway's own loop."""

    def __init__(self, running: Running, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._running, self._loop = running, loop
        self._do(self._begin())

    def _do(self, step: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self._loop).result(PATIENCE_SECONDS)

    async def _begin(self) -> None:
        running = self._running
        self.broadcast = await a_broadcast(running.store)
        self.host = Host(running, self.broadcast, list(await cards_of(running.store, self.broadcast)))
        tokens = [running.token(self.broadcast, watcher=a_watcher()) for _ in range(VIEWERS)]
        self.viewers = [Watching(running, self.broadcast, token) for token in tokens]

    @rule(acts=ACTS)
    def act(self, acts: list[tuple[str, int]]) -> None:
        for what, card in acts:
            self._do(self.host.act(what, card))

    @rule(who=VIEWER)
    def connect(self, who: int) -> None:
        self._do(self.viewers[who].connect())

    @rule(who=VIEWER)
    def subscribe(self, who: int) -> None:
        self._do(self.viewers[who].subscribe())

    @rule(who=VIEWER)
    def recover(self, who: int) -> None:
        self._do(self.viewers[who].watch())

    @rule(who=VIEWER)
    def unsubscribe(self, who: int) -> None:
        self._do(self.viewers[who].unsubscribe())

    @rule(who=VIEWER)
    def lose(self, who: int) -> None:
        self._do(self.viewers[who].lose())

    @rule(who=VIEWER)
    def reload(self, who: int) -> None:
        self._do(self.viewers[who].reload())

    @rule(who=VIEWER)
    def read(self, who: int) -> None:
        self._do(self.viewers[who].read())

    def teardown(self) -> None:
        self._do(self._everybody_has_the_log())

    async def _everybody_has_the_log(self) -> None:
        try:
            log = {entry.seq: body_of(entry) for entry in await self.host.log()}
            store = self._running.store
            snapshot = await store.actions.stage.snapshot(store.org, self.broadcast)
            assert sorted(log) == list(range(1, snapshot.seq + 1))
            for viewer in self.viewers:
                await viewer.watch()
                await viewer.read()
                assert viewer.page.seq == snapshot.seq
                assert viewer.page.state == shown_of(snapshot)
                assert viewer.page.bodies == {seq: log[seq] for seq in viewer.page.bodies}
        finally:
            for viewer in self.viewers:
                await viewer.lose()


async def _so_many(examples: int, running: Running) -> None:
    loop = asyncio.get_running_loop()
    steps = settings(max_examples=examples, stateful_step_count=STEPS, deadline=None)
    await asyncio.to_thread(run_state_machine_as_test, partial(AShow, running, loop), settings=steps)  # type: ignore[arg-type]  # it is called, no more


async def test_everybody_has_the_log(running: Running) -> None:
    """Every page takes each seq after the one before, and ends with what the database holds."""
    await _so_many(12, running)


@pytest.mark.drill
@pytest.mark.timeout(1200)
async def test_everybody_has_the_log_after_many_more_stories(running: Running) -> None:
    """The same, for minutes: `pytest -m drill tests/properties`."""
    await _so_many(400, running)
