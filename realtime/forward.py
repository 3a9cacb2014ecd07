"""Whoever missed more than one answer holds: told the rest page by page as its line takes it, then seated."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from realtime.protocol import (
    INSUFFICIENT_STATE,
    INTERNAL,
    NOT_AVAILABLE,
    SLOW,
    Fault,
    Position,
    Subscribe,
    encode_push,
    encode_subscribed,
    recovered_result,
    stage_publication,
)
from realtime.seats import Seat
from realtime.tail import first_that_fit
from realtime.wire import MOST_FRAMING, frame
from stream_jobs.actions.stage import PAGE_OF_RECOVERY
from stream_jobs.domain.errors import Unavailable
from stream_jobs.domain.events import StageEntry

logger = logging.getLogger(__name__)

MOST_ENTRIES = 4_096
"""More than a minute at fifty a second; whoever missed more begins from a snapshot."""
MOST_KEPT_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class Joining:
    """A subscribe on its way to its answer; taken: by somebody who sees to that."""

    seat: Seat
    command_id: int
    subscribe: Subscribe
    is_taken: bool = False
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Publications of consecutive entries."""

    publications: Sequence[bytes]
    size: int


class Pages:
    """A stage log in pieces, each read once for all who go through it at about the same time."""

    def __init__(self, read: Callable[[int], Awaitable[Sequence[StageEntry]]]) -> None:
        self._read = read
        self._reading: dict[int, asyncio.Task[Page]] = {}
        self._kept: dict[int, Page] = {}

    async def after(self, offset: int) -> Sequence[bytes]:
        """What follows up to the end of its page; empty when there is no more. Raises Unavailable."""
        first = offset - offset % PAGE_OF_RECOVERY
        under_way = self._reading.get(first)
        page = await asyncio.shield(under_way) if under_way else self._kept.get(first)
        # The last page of a log grows, also while it is read.
        if page is None or first + len(page.publications) <= offset:
            page = await asyncio.shield(self._begun(first))
        self._keep(first, page)
        return page.publications[offset - first :]

    def _begun(self, first: int) -> "asyncio.Task[Page]":
        """What becomes of it is for everybody who waits, also when it fails; whoever leaves does not end it."""
        if first not in self._reading:
            task = self._reading[first] = asyncio.create_task(self._page(first))
            # Else asyncio complains of a failure that everybody left before.
            task.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._reading[first]

    async def _page(self, first: int) -> Page:
        try:
            publications = [stage_publication(entry) for entry in await self._read(first)]
        finally:
            del self._reading[first]
        page = Page(publications, sum(map(len, publications)))
        self._keep(first, page)
        return page

    def _keep(self, first: int, page: Page) -> None:
        """Whichever nobody has asked for longest makes room."""
        self._kept.pop(first, None)
        self._kept[first] = page
        while len(self._kept) > 1 and sum(one.size for one in self._kept.values()) > MOST_KEPT_BYTES:
            del self._kept[next(iter(self._kept))]


class Ahead(Protocol):
    """The room they are on their way to."""

    channel: str
    most_at_once: int

    @property
    def head(self) -> int: ...

    def publications_after(self, offset: int) -> Sequence[bytes] | None:
        """From memory; None when they reach further back than that."""

    async def entries_after(self, seq: int) -> Sequence[StageEntry]:
        """From the database, at most a page. Raises Unavailable."""

    def sit_down(self, seat: Seat, words: bytes) -> None:
        """With these words it has been told everything up to the head."""

    def turn_away(self, joining: Sequence[Joining], fault: Fault) -> None:
        """Those whom memory can serve get what everyone has; the others are told to try again."""

    def reject(self, one: Joining, fault: Fault) -> None: ...


class Forward:
    """Those of one room who are not at its head yet, each with a task that ends when they are, or leave.

    At most one page waits for a viewer, and the next one goes out when the kernel has taken that.
    """

    def __init__(self, room: Ahead) -> None:
        self._room = room
        self._around = len(encode_push(room.channel, b"")) + MOST_FRAMING
        self._tasks: dict[Seat, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self.forget()

    def forget(self) -> None:
        """What was read of the log is read again when it is needed."""
        self._pages = Pages(self._room.entries_after)

    def __len__(self) -> int:
        return len(self._tasks)

    def __iter__(self) -> Iterator[Seat]:
        return iter(list(self._tasks))

    async def run(self) -> None:
        """Must be running before anybody is brought; until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            await asyncio.Event().wait()

    def bring(self, one: Joining) -> None:
        """Sees to it that the subscribe is answered, and its seat taken once there is nothing it has not been told."""
        assert self._group is not None
        one.is_taken = True
        task = self._tasks[one.seat] = self._group.create_task(self._bring(one))
        task.add_done_callback(partial(self._ended, one))

    def leave(self, seat: Seat) -> None:
        """Leaving without being on the way changes nothing."""
        if seat in self._tasks:
            self._tasks[seat].cancel()

    def _ended(self, one: Joining, task: "asyncio.Task[None]") -> None:
        # It was given up and brought anew, from memory.
        if self._tasks.get(one.seat) is not task:
            return
        del self._tasks[one.seat]
        if not self._tasks:
            self.forget()
        # It left before it was answered.
        self._room.reject(one, NOT_AVAILABLE)

    async def _bring(self, one: Joining) -> None:
        try:
            await self._page_by_page(one)
        except Unavailable:
            logger.warning("cannot read what somebody missed", extra={"channel": self._room.channel})
            one.is_taken = False
            self._give_up(one)
        except Exception:
            logger.exception("bringing somebody forward failed", extra={"channel": self._room.channel})
            self._room.reject(one, INTERNAL)
            one.seat.wire.close(INSUFFICIENT_STATE)

    def _give_up(self, one: Joining) -> None:
        if one.is_answered:
            one.seat.wire.close(INSUFFICIENT_STATE)
        else:
            self._room.turn_away([one], INTERNAL)

    async def _page_by_page(self, one: Joining) -> None:
        wire, told = one.seat.wire, one.subscribe.offset
        while True:
            page = await self._page_after(told)
            told += len(page)
            words = self._pushes(page) if one.is_answered else self._answer(one, page)
            if told == self._room.head:
                # No await since the page was cut: nothing can slip between the log and the room.
                self._room.sit_down(one.seat, words)
                return
            wire.send(words)
            # A page for each in turn, also while the kernel takes them whole.
            await asyncio.sleep(0)
            await wire.until_drained()
            if self._room.head - told > MOST_ENTRIES:
                wire.close(SLOW)
                return

    async def _page_after(self, told: int) -> Sequence[bytes]:
        """At least one entry, and none beyond the head: those come to everybody in their turn."""
        missed = self._room.publications_after(told)
        if missed is None:
            missed = await self._pages.after(told)
        page = first_that_fit(missed[: max(0, self._room.head - told)], self._room.most_at_once, self._around)
        if not page:
            raise Unavailable("The log ends before what has been told.")
        return page

    def _answer(self, one: Joining, page: Sequence[bytes]) -> bytes:
        one.is_answered = True
        asked = Position(one.subscribe.offset, one.subscribe.epoch)
        return frame(encode_subscribed(one.command_id, recovered_result(asked, page)))

    def _pushes(self, page: Sequence[bytes]) -> bytes:
        """A frame each: a line that breaks in the middle keeps what had come."""
        return b"".join(frame(encode_push(self._room.channel, publication)) for publication in page)
