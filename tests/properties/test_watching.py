"""Whoever watches has the log, each entry once and in order, however the host acts and lines break."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime import forward, past, room
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
TAIL, PAGE, MOST, AT_ONCE_BYTES = 3, 4, 12, 700
"""So short that a few entries reach every way to be brought forward: memory, a page, several, a fresh start."""

HOST = ["push", "push", "undo", "pin", "unpin", "withdraw", "answer"]
VIEWER = ["connect", "subscribe", "watch", "watch", "unsubscribe", "lose", "lose", "reload", "read"]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(HOST), st.integers(0, 1)),
        st.tuples(st.sampled_from(VIEWER), st.integers(0, VIEWERS - 1)),
    ),
    min_size=15,
    max_size=35,
)


@pytest_asyncio.fixture(scope="module")
async def running(servers: Servers, template: str) -> AsyncIterator[Running]:
    async with a_gateway_of_its_own(servers, template) as started:
        yield started


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
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


async def _everybody_has_the_log(running: Running, steps: list[tuple[str, int]]) -> None:
    broadcast = await a_broadcast(running.store)
    host = Host(running, broadcast, list(await cards_of(running.store, broadcast)))
    viewers = [Watching(running, broadcast, running.token(broadcast, watcher=a_watcher())) for _ in range(VIEWERS)]
    try:
        for what, who in steps:
            if what in HOST:
                await host.act(what, who)
            else:
                await getattr(viewers[who], what)()
        log = {entry.seq: body_of(entry) for entry in await host.log()}
        snapshot = await running.store.actions.stage.snapshot(running.store.org, broadcast)
        assert sorted(log) == list(range(1, snapshot.seq + 1))
        for viewer in viewers:
            await viewer.watch()
            await viewer.read()
            assert viewer.page.seq == snapshot.seq
            assert viewer.page.state == shown_of(snapshot)
            assert viewer.page.bodies == {seq: log[seq] for seq in viewer.page.bodies}
    finally:
        for viewer in viewers:
            await viewer.lose()


SHORT: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=12, **SHORT)
@given(steps=STEPS)
async def test_everybody_has_the_log(running: Running, steps: list[tuple[str, int]]) -> None:
    """Every page takes each seq after the one before, and ends with what the database holds."""
    await _everybody_has_the_log(running, steps)


@pytest.mark.drill
@pytest.mark.timeout(1200)
@settings(max_examples=400, **SHORT)
@given(steps=STEPS)
async def test_everybody_has_the_log_after_many_more_stories(running: Running, steps: list[tuple[str, int]]) -> None:
    """The same, for minutes: `pytest -m drill tests/properties`."""
    await _everybody_has_the_log(running, steps)
