"""Answers kept for a moment, so that a crowd asking for the same thing at once makes it once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """At most `size` answers, each `seconds` old at most; failures are not kept."""

    def __init__(self, *, seconds: float, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._size = size
        self._clock = clock
        self._answers: OrderedDict[Key, tuple[float, Value]] = OrderedDict()
        self._making: dict[Key, asyncio.Lock] = {}

    async def get(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        lock = self._making.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                kept = self._answers.get(key)
                if kept and self._clock() - kept[0] < self._seconds:
                    return kept[1]
                answer = await make()
                self._keep(key, answer)
                return answer
        finally:
            # Whoever waits holds the lock object itself; a newcomer may make another.
            if not lock.locked():
                self._making.pop(key, None)

    def _keep(self, key: Key, answer: Value) -> None:
        self._answers[key] = (self._clock(), answer)
        self._answers.move_to_end(key)
        if len(self._answers) > self._size:
            self._answers.popitem(last=False)
