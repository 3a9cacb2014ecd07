"""Figures counted anew only so often, however many people look, and only so many at once."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from stream_jobs.domain.series import StillCounting
from stream_jobs.ports import Clock

Key = TypeVar("Key")
Thing = TypeVar("Thing")

MOST_KEPT = 200
# About as long as somebody looks at a page that says it is reading.
PATIENCE = timedelta(seconds=20)


class Turns:
    """To be entered for what takes a connection for seconds; so many are inside at once, and nobody waits for ever.

    Entering raises StillCounting when it was nobody's turn for so long.
    """

    def __init__(self, at_once: int, patience: timedelta = PATIENCE) -> None:
        self._free = asyncio.Semaphore(at_once)
        self.patience = patience.total_seconds()

    async def __aenter__(self) -> None:
        await _acquire(self._free, self.patience)

    async def __aexit__(self, *_: object) -> None:
        self._free.release()


async def _acquire(what: asyncio.Lock | asyncio.Semaphore, patience: float | None) -> None:
    """Raises StillCounting."""
    try:
        async with asyncio.timeout(patience):
            await what.acquire()
    except TimeoutError as error:
        raise StillCounting(retry_after_seconds=patience) from error


@asynccontextmanager
async def _held(lock: asyncio.Lock, patience: float | None) -> AsyncIterator[None]:
    """Raises StillCounting when others held it for so long."""
    await _acquire(lock, patience)
    try:
        yield
    finally:
        lock.release()


@dataclass(slots=True)
class _Kept(Generic[Thing]):
    """The newest count, or the counting everyone waits for."""

    counting: asyncio.Lock
    thing: Thing | None = None
    until: datetime | None = None


class Fresh(Generic[Key, Thing]):
    """Keeps each count for `at_least`, or `times` as long as the counting took, so that time is never filled by it.

    turns: where several keys wait for each other; who waits for the same key is as patient.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        at_least: timedelta,
        times: int,
        turns: Turns | None = None,
    ) -> None:
        self._clock = clock
        self._turns = turns
        self._at_least = at_least
        self._times = times
        self._kept: OrderedDict[Key, _Kept[Thing]] = OrderedDict()

    async def get(self, key: Key, count: Callable[[datetime], Awaitable[Thing]]) -> Thing:
        """What is kept, or else counted now; whoever asks meanwhile waits for the same answer."""
        kept = self._kept.setdefault(key, _Kept(asyncio.Lock()))
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        async with _held(kept.counting, self._turns.patience if self._turns else None):
            if kept.thing is not None and kept.until is not None and self._clock() < kept.until:
                return kept.thing
            async with self._turns or nullcontext():
                began = self._clock()
                kept.thing = await count(began)
                kept.until = began + max(self._at_least, (self._clock() - began) * self._times)
            return kept.thing

    def forget(self, key: Key) -> None:
        self._kept.pop(key, None)
