"""Notices the dead: one timer for all connections, a bucket a second, no task or handle per viewer."""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Callable
from typing import Protocol

from stream_jobs.settings import Settings

logger = logging.getLogger(__name__)

FEWEST_BUCKETS = 25
GRACE_SECONDS = 5.0
"""For a peer to finish the closing handshake; afterwards the connection is dropped."""


class Beating(Protocol):
    """One connection, as far as its pulse matters."""

    def ping(self, now: float) -> None:
        """Sends a ping and expects a pong."""

    def check_pong(self, now: float) -> None:
        """The time for the last pong is over."""


class Heartbeat:
    """Pings each connection once in `ping_seconds`, one bucket of them at a time."""

    def __init__(self, settings: Settings) -> None:
        count = max(FEWEST_BUCKETS, math.ceil(settings.ping_seconds))
        self.tick_seconds = settings.ping_seconds / count
        self._patience = min(count - 1, max(1, math.ceil(settings.pong_seconds / self.tick_seconds)))
        self._buckets: list[dict[Beating, None]] = [{} for _ in range(count)]
        self._deadlines: dict[float, deque[tuple[float, Callable[[], None]]]] = {}
        self._turn = 0

    def add(self, beating: Beating) -> int:
        """Takes a connection into the emptiest bucket and returns which that is."""
        sizes = list(map(len, self._buckets))
        bucket = sizes.index(min(sizes))
        self._buckets[bucket][beating] = None
        return bucket

    def remove(self, beating: Beating, bucket: int) -> None:
        self._buckets[bucket].pop(beating, None)

    def __len__(self) -> int:
        """How many connections are held here."""
        return sum(len(bucket) for bucket in self._buckets)

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Calls act once, at the first tick after so many seconds; there is no taking it back."""
        queue = self._deadlines.setdefault(seconds, deque())
        queue.append((asyncio.get_running_loop().time() + seconds, act))

    @property
    def promised(self) -> int:
        """How many deadlines are still to come."""
        return sum(len(queue) for queue in self._deadlines.values())

    async def run(self) -> None:
        """Beats until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + self.tick_seconds, loop.time())
            await asyncio.sleep(due - loop.time())
            try:
                self.beat(loop.time())
            except Exception:
                logger.exception("a beat failed")

    def beat(self, now: float) -> None:
        """One tick: pings a bucket, checks the one whose patience is over, acts on deadlines."""
        self._turn = (self._turn + 1) % len(self._buckets)
        for beating in list(self._buckets[(self._turn - self._patience) % len(self._buckets)]):
            beating.check_pong(now)
        for beating in list(self._buckets[self._turn]):
            beating.ping(now)
        for queue in list(self._deadlines.values()):
            while queue and queue[0][0] <= now:
                queue.popleft()[1]()
