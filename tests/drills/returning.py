"""Viewers whose lines break again and again while the stage goes on, and what each of them has in the end."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast
from uuid import uuid4

from realtime.bus import ValkeyBus
from stream_jobs.actions.stage import StageActions
from stream_jobs.assembly import actions_over
from stream_jobs.bench.server import PROGRAM
from stream_jobs.domain.errors import Conflict
from stream_jobs.domain.events import QuestionKind
from stream_jobs.domain.ids import CardId
from stream_jobs.settings import Settings
from tests.builders import BY, cards_of
from tests.drills.crowd import a_token
from tests.drills.drill import Bench, Drill, Found
from tests.drills.show import Show, a_show
from tests.pages import Page, body_of, shown_of
from tests.sockets import TEXT, a_frame, an_upgrade

SKIPPING = ("-m", "tests.drills.wrong.skipping")
PER_SECOND = 20
AWAY_SECONDS = (0.5, 1.0)
LONG_AWAY_SECONDS = (5.0, 20.0)
"""From a tenth of them: beyond what the room remembers, and some beyond a page of the log."""
SETTLE_SECONDS = 20.0
PONG = a_frame(TEXT, b"{}")


@dataclass
class Truth:
    """The body of every seq as the first who was told it had it, and what was wrong with anybody's."""

    bodies: dict[int, Any] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    brought: Counter[str] = field(default_factory=Counter)

    def see(self, page: Page) -> None:
        """Compares what the page was told with what others were; it keeps nothing twice."""
        for seq, body in page.bodies.items():
            if self.bodies.setdefault(seq, body) != body:
                self.faults["another body"] += 1
        page.bodies.clear()


class Follower(asyncio.Protocol):
    """One viewer; no task of its own, so that hundreds leave the machine to the server."""

    def __init__(self, show: Show, truth: Truth) -> None:
        self.page = Page()
        self._channel = f"broadcast:{show.broadcast}"
        self._token = a_token(show.store, show.broadcast)
        self._port = show.server.port
        self._truth = truth
        self._transport: asyncio.Transport | None = None
        self._half = b""
        self._is_open = self._follows = False

    async def dial(self) -> None:
        if self._transport is None:
            with suppress(OSError):
                await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)

    def lose(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(an_upgrade())

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self._half = None, b""
        self._is_open = self._follows = False

    def data_received(self, data: bytes) -> None:
        data = self._half + data
        if not self._is_open:
            _, self._is_open, data = _past_the_head(data)
            if self._is_open and self._transport:
                connect = {"id": 1, "connect": {"token": self._token}}
                commands = (connect, {"id": 2, "subscribe": self.page.asks(self._channel)})
                self._transport.write(a_frame(TEXT, "\n".join(map(json.dumps, commands)).encode()))
        while self._is_open and (found := _first_frame(data)):
            opcode, payload, data = found
            if opcode == TEXT:
                for line in payload.split(b"\n"):
                    self._hear(line)
        self._half = data

    def _hear(self, line: bytes) -> None:
        if line == b"{}":
            if self._transport:
                self._transport.write(PONG)
            return
        told = json.loads(line)
        if told.get("id") == 2:
            self._subscribed(told)
        elif self._follows and (push := told.get("push")):
            self._count(self.page.take(push["pub"]["data"]))
        self._truth.see(self.page)

    def _subscribed(self, told: dict[str, Any]) -> None:
        if "subscribe" not in told:
            self._count(f"refused: {told}; ")
            return
        self._follows = True
        if told["subscribe"].get("was_recovering"):
            self._truth.brought[_how(told["subscribe"])] += 1
        self._count(self.page.subscribed(told["subscribe"]))

    def _count(self, wrong: str) -> None:
        for one in filter(None, wrong.split("; ")):
            self._truth.faults[one.split(":")[0]] += 1


def _how(subscribed: dict[str, Any]) -> str:
    if not subscribed["recovered"]:
        return "to a fresh start"
    return "forward" if subscribed["publications"] else "nowhere"


def _past_the_head(data: bytes) -> tuple[bytes, bool, bytes]:
    head, done, rest = data.partition(b"\r\n\r\n")
    return head, bool(done), rest if done else data


def _first_frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Opcode, payload and what follows; None while it is not whole."""
    if len(data) < 2:
        return None
    size, start = data[1], 2
    if size >= 126:
        start = 4 if size == 126 else 10
        if len(data) < start:
            return None
        size = int.from_bytes(data[2:start], "big")
    if len(data) < start + size:
        return None
    return data[0] & 0x0F, data[start : start + size], data[start + size :]


async def _act(stage: StageActions, show: Show, dice: Random, card: CardId) -> None:
    """One publication, of any kind that the rules allow just now."""
    org = show.store.org
    what = dice.choice(("push", "push", "undo", "pin", "unpin", "answer"))
    entry = None
    with suppress(Conflict):
        match what:
            case "push":
                entry = await stage.push(org, show.broadcast, card, BY, uuid4())
            case "undo":
                entry = await stage.undo(org, show.broadcast, BY, uuid4())
            case "pin":
                entry = await stage.pin(org, show.broadcast, card, BY, uuid4())
            case "unpin":
                entry = await stage.unpin(org, show.broadcast, BY, uuid4())
    if entry is None:
        await stage.answer(org, show.broadcast, card, QuestionKind.SHIFT, f"两班倒 {uuid4()}", BY)


@asynccontextmanager
async def _another_worker(show: Show) -> AsyncIterator[StageActions]:
    """What is done here is announced to the server as by a worker beside it."""
    bus = ValkeyBus(show.place.servers.valkey_url)
    listening = asyncio.create_task(bus.listen(lambda *_: None, lambda: None))
    try:
        store = show.store
        yield actions_over(store.stores, bus, store.tokens, store.clock, Settings()).stage
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


async def _acts(show: Show, dice: Random, seconds: float) -> None:
    """Twenty publications a second."""
    cards = list(await cards_of(show.store, show.broadcast))
    began = time.monotonic()
    async with _another_worker(show) as stage:
        for nth in range(int(seconds * PER_SECOND)):
            await asyncio.sleep(max(0.0, began + nth / PER_SECOND - time.monotonic()))
            await _act(stage, show, dice, dice.choice(cards))


async def _is_cut(follower: Follower, dice: Random, cuts: int, seconds: float, *, far: bool) -> None:
    """Loses its line so often, at any time, and comes back as an SDK does, now and then much later."""
    began = time.monotonic()
    for at in sorted(dice.uniform(0, seconds) for _ in range(cuts)):
        await asyncio.sleep(max(0.0, began + at - time.monotonic()))
        follower.lose()
        away = LONG_AWAY_SECONDS if far and dice.random() < 0.1 else AWAY_SECONDS
        await asyncio.sleep(dice.uniform(*away))
        await follower.dial()


@asynccontextmanager
async def _following(show: Show, truth: Truth, count: int) -> AsyncIterator[Sequence[Follower]]:
    followers = [Follower(show, truth) for _ in range(count)]
    for start in range(0, count, 50):
        await asyncio.gather(*(one.dial() for one in followers[start : start + 50]))
    try:
        yield followers
    finally:
        for one in followers:
            one.lose()
        await asyncio.sleep(0)


async def _returning(bench: Bench, program: tuple[str, ...]) -> Found:
    count, cuts, seconds = bench.of(500, 30), bench.of(10, 2), float(bench.of(60, 3))
    truth, dice = Truth(), bench.dice
    async with a_show(bench, program=program) as show, _following(show, truth, count) as followers:
        async with asyncio.TaskGroup() as group:
            group.create_task(_acts(show, dice, seconds))
            for one in followers:
                group.create_task(_is_cut(one, Random(dice.random()), cuts, seconds, far=not bench.quick))
        snapshot = await show.store.actions.stage.snapshot(show.store.org, show.broadcast)
        with suppress(TimeoutError):
            async with asyncio.timeout(bench.of(int(SETTLE_SECONDS), 3)):
                while any(one.page.seq < snapshot.seq for one in followers):
                    await asyncio.gather(*(one.dial() for one in followers))
                    await asyncio.sleep(0.1)
        whole = sum(one.page.seq == snapshot.seq and one.page.state == shown_of(snapshot) for one in followers)
        stored, audited = await _stored(show), await show.audit()
    others = sum(stored.get(seq) != body for seq, body in truth.bodies.items())
    gaps, doubles = truth.faults.pop("gap", 0), truth.faults.pop("double", 0)
    kept = not (gaps or doubles or truth.faults or others) and whole == count and truth.brought["forward"] > 0
    kept &= audited.clean
    said = (
        f"{count} viewers, {len(stored)} entries; {truth.brought['forward']} times brought forward, "
        f"{truth.brought['to a fresh start']} to a fresh start; {gaps} gaps, {doubles} doubled, "
        f"{others} unlike the database; {whole} whole in the end; audit: {audited}"
    )
    return Found(count * cuts, kept, said + (f"; {dict(truth.faults)}" if truth.faults else ""))


async def _stored(show: Show) -> dict[int, Any]:
    stored: dict[int, Any] = {}
    while entries := await show.store.actions.stage.stage_after(show.store.org, show.broadcast, max(stored, default=0)):
        stored |= {entry.seq: body_of(entry) for entry in entries}
    return stored


async def returning(bench: Bench) -> Found:
    return await _returning(bench, PROGRAM)


async def forgetting(bench: Bench) -> Found:
    return await _returning(bench, SKIPPING)


DRILLS = (
    Drill(
        "recovery storm",
        "Whoever loses the line and comes back has every entry once and in order",
        returning,
        "forgets the first entry missed",
        forgetting,
        quick=True,
        deadline_seconds=420,
    ),
)
