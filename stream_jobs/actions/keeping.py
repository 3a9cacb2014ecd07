"""Figures counted anew only so often, however many people look."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from stream_jobs.ports import Clock

Key = TypeVar("Key")
Thing = TypeVar("Thing")

MOST_KEPT = 200


@dataclass(slots=True)
class _Kept(Generic[Thing]):
    """The newest count, or the counting everyone waits for."""

    counting: asyncio.Lock
    thing: Thing | None = None
    until: datetime | None = None


class Fresh(Generic[Key, Thing]):
    """Keeps each count for `at_least`, or `times` as long as the counting took, so that time is never filled by it."""

    def __init__(self, clock: Clock, *, at_least: timedelta, times: int) -> None:
        self._clock = clock
        self._at_least = at_least
        self._times = times
        self._kept: OrderedDict[Key, _Kept[Thing]] = OrderedDict()

    async def get(self, key: Key, count: Callable[[datetime], Awaitable[Thing]]) -> Thing:
        """What is kept, or else counted now; whoever asks meanwhile waits for the same answer."""
        kept = self._kept.setdefault(key, _Kept(asyncio.Lock()))
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        async with kept.counting:
            began = self._clock()
            if kept.thing is None or kept.until is None or began >= kept.until:
                kept.thing = await count(began)
                kept.until = began + max(self._at_least, (self._clock() - began) * self._times)
            return kept.thing

    def forget(self, key: Key) -> None:
        self._kept.pop(key, None)
