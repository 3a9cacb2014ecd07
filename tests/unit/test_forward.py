"""A log read in pieces, for many who go through it."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from realtime import forward
from realtime.forward import Pages
from stream_jobs.domain.errors import Unavailable
from stream_jobs.domain.events import StageEntry, TrayChanged

AT = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)


class _Log:
    """So many entries, and after which ones it was read."""

    def __init__(self, entries: int) -> None:
        self.entries = entries
        self.reads: list[int] = []
        self.is_away = False
        self.is_read, self.answers = asyncio.Event(), asyncio.Event()
        self.answers.set()
        self.tries = 0
        self.pages = Pages(self._after)

    async def _after(self, seq: int) -> Sequence[StageEntry]:
        self.tries += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise Unavailable
        self.reads.append(seq)
        last = self.entries
        self.is_read.set()
        await self.answers.wait()
        return [StageEntry(one, TrayChanged(tray_version=one), AT) for one in range(seq + 1, last + 1)][:4]

    async def after(self, offset: int) -> list[int]:
        return [json.loads(publication)["offset"] for publication in await self.pages.after(offset)]


@pytest.fixture(autouse=True)
def _four_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "PAGE_OF_RECOVERY", 4)


async def test_a_page_is_read_once_for_all_who_come_to_it() -> None:
    """Also for those who come while it is read; each goes on from where it is."""
    log = _Log(10)

    assert await asyncio.gather(*map(log.after, (5, 4, 7))) == [[6, 7, 8], [5, 6, 7, 8], [8]]
    assert await log.after(0) == [1, 2, 3, 4]
    assert log.reads == [4, 0]


async def test_the_last_page_is_read_again_when_it_may_have_grown() -> None:
    """What it held before is right for those who are behind that."""
    log = _Log(10)
    assert await log.after(8) == [9, 10]
    log.entries = 11

    assert await log.after(9) == [10]
    assert await log.after(10) == [11]
    assert await log.after(11) == []
    assert log.reads == [8, 8, 8]


async def test_pages_take_so_much_memory_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever was not asked for longest goes; one is kept however large."""
    log = _Log(12)
    size = sum(map(len, await log.pages.after(0)))
    monkeypatch.setattr(forward, "MOST_KEPT_BYTES", 2 * size + size // 2)

    for offset in (0, 4, 0, 8, 0, 4):
        await log.after(offset)
    assert log.reads == [0, 4, 8, 4]

    monkeypatch.setattr(forward, "MOST_KEPT_BYTES", 1)
    assert await log.after(8) == [9, 10, 11, 12]
    assert await log.after(9) == [10, 11, 12]
    assert log.reads == [0, 4, 8, 4, 8]


async def test_who_gives_up_waiting_takes_nothing_from_the_others() -> None:
    """Nor does a database that is away for a moment."""
    log = _Log(4)
    first, second = asyncio.ensure_future(log.after(0)), asyncio.ensure_future(log.after(1))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == [2, 3, 4]

    log.is_away = True
    with pytest.raises(Unavailable):
        await log.after(4)
    log.is_away, log.entries = False, 5
    assert await log.after(4) == [5]


async def test_a_failure_is_for_everybody_who_waits() -> None:
    """One after the other they would each wait for a database that does not answer."""
    log = _Log(4)
    log.is_away = True

    told = await asyncio.gather(*(log.after(offset) for offset in range(4)), return_exceptions=True)

    assert [type(one) for one in told] == [Unavailable] * 4
    assert log.tries == 1


async def test_who_comes_while_a_page_is_read_gets_what_was_added_meanwhile() -> None:
    """The read may have begun before that; all who lack it share the next one."""
    log = _Log(6)
    log.answers.clear()
    first = asyncio.ensure_future(log.after(4))
    await log.is_read.wait()
    log.entries = 7
    others = [asyncio.ensure_future(log.after(offset)) for offset in (6, 6, 5)]
    await asyncio.sleep(0)
    log.answers.set()

    assert await asyncio.gather(first, *others) == [[5, 6], [7], [7], [6]]
    assert log.reads == [4, 4]
