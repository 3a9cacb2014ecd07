"""The server's clock jumps by an hour, forwards and back, while people apply and cards are pushed."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from websockets.asyncio.client import connect

from tests.builders import BY, cards_of
from tests.drills.crowd import Told, a_call, a_line, a_token, a_watching, said, told_of
from tests.drills.drill import Bench, Drill, Found
from tests.drills.show import RealClock, Show, a_show

SHIFTED = ("-m", "tests.drills.shifted")
BY_TIME = ("-m", "tests.drills.wrong.by_time")
HOUR = 3600
JUMPS = (HOUR, -HOUR, 0)
APPLICANTS = 20
CARD_SECONDS = 10.0


async def jumped(bench: Bench, program: tuple[str, ...] = SHIFTED) -> Found:
    hours = _hours(bench)
    orders, wrong = 0, 0
    async with a_show(bench, program=(*program, str(hours))) as show:
        consent = (await show.store.actions.applying.consent(show.store.org, show.broadcast, show.job)).text_sha256
        async with show.crowd(APPLICANTS), a_watching(show.store, show.server, show.broadcast) as viewer:
            last = 0
            for nth, seconds in enumerate(JUMPS * bench.of(7, 1)):
                token, call = a_token(show.store, show.broadcast), a_call(show.job, consent)
                first = await _told(show, token, call)
                _jump(show, hours, seconds)
                wrong += first != await _told(show, token, call)
                wrong += not await _expires(show, late=seconds > 0)
                await show.ledger.grows_by(20)
                await _push(show, nth)
                seq = await _next_seq(viewer)
                wrong += seq <= last
                orders, last = orders + 1, seq
        _jump(show, hours, 0)
        found = await show.audit()
    return Found(orders, found.clean and not wrong, f"{found}; {wrong} cards, keys or tokens taken wrongly")


async def read_by_time(bench: Bench) -> Found:
    """The same, of a server that asks for what is newer than the last it has, as the log would be read without seq."""
    return await jumped(replace(bench, quick=True), BY_TIME)


def _hours(bench: Bench) -> Path:
    path = bench.folder / "seconds"
    path.write_text("0")
    return path


def _jump(show: Show, hours: Path, seconds: int) -> None:
    """Of the server, and of whoever pushes cards."""
    fresh = hours.with_name("seconds.new")
    fresh.write_text(str(seconds))
    fresh.replace(hours)
    assert isinstance(show.store.clock, RealClock)
    show.store.clock.ahead = timedelta(seconds=seconds)


async def _told(show: Show, token: str, call: dict[str, object]) -> UUID:
    async with a_line(show.server.socket_url, token) as socket:
        answer = await said(socket, 2, call)
    told = UUID(answer["application_id"])
    show.ledger.tell(UUID(str(call["key"])), told)
    return told


async def _expires(show: Show, *, late: bool) -> bool:
    """A token of a quarter of an hour is over by the server's clock alone."""
    token = a_token(show.store, show.broadcast, hours=0.25)
    async with connect(show.server.socket_url, ping_interval=None) as socket:
        await socket.send(json.dumps({"id": 1, "connect": {"token": token}}))
        heard = json.loads(await socket.recv())
    return (heard.get("error", {}).get("code") == 109) is late


async def _push(show: Show, nth: int) -> None:
    cards = await cards_of(show.store, show.broadcast)
    await show.store.actions.stage.push(show.store.org, show.broadcast, cards[nth % len(cards)], BY, uuid4())


async def _next_seq(viewer: Told) -> int:
    with suppress(TimeoutError):
        async with asyncio.timeout(CARD_SECONDS):
            return int((await told_of(viewer, "card_pushed"))["seq"])
    return 0


DRILLS = (
    Drill(
        "clock jumps", "An hour forwards or back moves no order, no key and no total; tokens end by that clock",
        jumped, "reads the log by time", read_by_time, deadline_seconds=240,
    ),
)  # fmt: skip
