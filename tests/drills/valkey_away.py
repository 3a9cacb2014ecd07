"""Valkey is away, in every way: cards arrive, and nothing else changes."""

import itertools
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from stream_jobs.bench.server import PROGRAM
from stream_jobs.domain.phone_code import PhoneCheck
from tests.builders import BY
from tests.drills.crowd import Ledger, a_line, a_token, called, proven
from tests.drills.drill import Bench, Drill, Found
from tests.drills.following import Follower, following, push_next, until
from tests.drills.in_clear import a_canary_phone
from tests.drills.messages import Messages
from tests.drills.outages import Away, seen
from tests.drills.place import Place
from tests.drills.show import Show, a_show

VALKEY_FIRST = ("-m", "tests.drills.wrong.valkey_first")
APPLICANTS = 20
CARD_SECONDS = 2.0
CAUGHT_UP_SECONDS = 10.0

# A log tells numbers apart by their last four digits, and the crowd's begin at the other end.
_phones = itertools.count(99_999, -1)


@asynccontextmanager
async def valkey_frozen(place: Place) -> AsyncIterator[None]:
    with place.valkey.frozen():
        yield


@asynccontextmanager
async def valkey_killed(place: Place) -> AsyncIterator[None]:
    await place.valkey.kill()
    try:
        yield
    finally:
        await place.start_valkey()


@asynccontextmanager
async def valkey_emptied(place: Place) -> AsyncIterator[None]:
    """It comes back knowing nothing."""
    await place.valkey.kill()
    try:
        yield
    finally:
        shutil.rmtree(place.home.data / "valkey" / "appendonlydir", ignore_errors=True)
        await place.start_valkey()


@asynccontextmanager
async def valkey_stopped(place: Place) -> AsyncIterator[None]:
    """As one does to it for an upgrade."""
    await place.valkey.stop()
    try:
        yield
    finally:
        await place.start_valkey()


VALKEY_AWAYS: tuple[Away, ...] = (valkey_frozen, valkey_stopped, valkey_killed, valkey_emptied)


async def without_valkey(bench: Bench, times: int, program: tuple[str, ...] = PROGRAM, workers: int = 1) -> Found:
    """While it is away people prove their numbers and apply, come back, and a server is started anew."""
    outages = Outages()
    async with bench.place() as place, a_show(bench, place=place, program=program, workers=workers) as show:
        await show.store.actions.programme.edit_show(
            show.store.org, show.broadcast, {"phone_check": PhoneCheck.BEFORE}, BY
        )
        async with show.crowd(APPLICANTS), following(show.store, show.server, show.broadcast, count=20) as followers:
            for away in VALKEY_AWAYS * times:
                await outages.go_through(show, followers, away)
            outages.wrong = sum(len(one.wrong) for one in followers)
        found = await show.audit()
    return Found(outages.trials, found.clean and outages.kept(show.ledger), f"{found}, {outages.said(show.ledger)}")


@dataclass
class Longest:
    """Of what takes time."""

    seconds: float = 0.0

    def note(self, seconds: float) -> None:
        self.seconds = max(self.seconds, seconds)

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s"


@dataclass
class Outages:
    """What was seen in all of them. unlike: what was otherwise than without an outage."""

    trials: int = 0
    stored: int = 0
    wrong: int = 0
    unlike: Counter[str] = field(default_factory=Counter)
    cards: Longest = field(default_factory=Longest)
    caught_up: Longest = field(default_factory=Longest)
    healed: Longest = field(default_factory=Longest)

    async def go_through(self, show: Show, followers: Sequence[Follower], away: Away) -> None:
        self.trials += 1
        await show.ledger.grows_by(10)
        codes = [await a_code_under_way(show) for _ in range(2)]
        async with away(show.place):
            # Before anybody has noticed, and then while everybody knows.
            self.cards.note(await _card_arrives(show, followers, 3 * self.trials))
            await self._is_known(show)
            if away is valkey_killed:
                await show.server.stop()
                await show.server.start()
                await self._is_known(show)
            for one in followers[::2]:
                one.lose_line()
            self.caught_up.note(await _card_arrives(show, followers, 3 * self.trials + 1))
            self.unlike["a code lost"] += not await codes[0]()
            await self._people_apply(show)
        began = time.monotonic()
        self.unlike["not taken up again"] += not await seen(partial(show.server.passes, "valkey"), True)
        self.healed.note(time.monotonic() - began)
        self.unlike["a code lost"] += not await codes[1]()
        valkey_url = show.place.servers.valkey_url
        self.cards.note(await _card_arrives(show, followers, 3 * self.trials + 2, valkey_url=valkey_url))

    async def _is_known(self, show: Show) -> None:
        """And keeps nobody away."""
        self.unlike["not noticed"] += not await seen(partial(show.server.passes, "valkey"), False)
        self.unlike["not ready"] += not await show.server.ready()

    async def _people_apply(self, show: Show) -> None:
        before = len(show.ledger.told)
        with suppress(TimeoutError):
            await show.ledger.grows_by(20, seconds=10)
        self.stored += len(show.ledger.told) - before
        self.unlike["too few applied"] += len(show.ledger.told) - before < 20

    def kept(self, ledger: Ledger) -> bool:
        quick = self.cards.seconds <= CARD_SECONDS and self.caught_up.seconds <= CAUGHT_UP_SECONDS
        return quick and not (self.wrong or +self.unlike or ledger.unproven)

    def said(self, ledger: Ledger) -> str:
        return (
            f"{self.stored} of them without Valkey, {ledger.unproven} numbers not proven; {self.wrong} entries missed "
            f"or twice; cards after {self.cards}, caught up after {self.caught_up}, healed after {self.healed} at "
            f"most; unlike before: {dict(+self.unlike)}"
        )


async def a_code_under_way(show: Show) -> Callable[[], Awaitable[bool]]:
    """One was sent to a device that has gone since; asked later, it says whether that was worth something."""
    token, phone = a_token(show.store, show.broadcast), a_canary_phone(next(_phones))
    async with a_line(show.server.socket_url, token) as socket:
        await called(socket, 2, "ask_code", {"phone": phone})
    code = Messages(show.server.log).code(phone)

    async def comes_back() -> bool:
        async with a_line(show.server.socket_url, token) as socket:
            return await proven(socket, 2, phone, code)

    return comes_back


async def _card_arrives(show: Show, followers: Sequence[Follower], nth: int, *, valkey_url: str | None = None) -> float:
    """At everybody; pushed by another process, which tells nobody unless in that Valkey: rooms look by themselves."""
    seq = await push_next(show.store, show.broadcast, nth, valkey_url)
    began = time.monotonic()
    with suppress(TimeoutError):
        await until(lambda: all(one.seq >= seq for one in followers), 2 * CAUGHT_UP_SECONDS)
    return time.monotonic() - began


DRILLS = (
    Drill(
        "Valkey away", "Silent, stopped, killed or emptied: cards arrive within 2 s, and nothing else changes",
        lambda bench: without_valkey(bench, bench.of(5, 1)), "asks Valkey before storing",
        lambda bench: without_valkey(bench, 1, VALKEY_FIRST), deadline_seconds=400,
    ),
    Drill(
        "Valkey away, two workers", "The same at every worker; who lost the line catches up within 10 s",
        lambda bench: without_valkey(bench, bench.of(5, 1), workers=2), "asks Valkey before storing",
        lambda bench: without_valkey(bench, 1, VALKEY_FIRST, workers=2), deadline_seconds=400,
    ),
)  # fmt: skip
