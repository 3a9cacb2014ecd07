"""Counts how often channels' links are opened, without making a page wait for the database."""

import asyncio
import logging
from collections import Counter

from stream_jobs.domain.errors import Unavailable
from stream_jobs.domain.ids import BroadcastId, ChannelId, OrgId, uuid7
from stream_jobs.ports import Clock
from stream_jobs.ports.scans import Scanned, Scans

logger = logging.getLogger(__name__)

# A report adds up a line for each of these in which a link was opened.
SECONDS_BETWEEN_WRITES = 5
# Lines kept while the database is away; beyond them the oldest are given up.
MOST_WAITING = 10_000


class ScanActions:
    def __init__(self, scans: Scans, clock: Clock) -> None:
        self._scans = scans
        self._clock = clock
        self._opened: Counter[tuple[OrgId, BroadcastId, ChannelId]] = Counter()
        self._waiting: list[Scanned] = []

    def opened(self, org: OrgId, broadcast: BroadcastId, channel: ChannelId) -> None:
        """Once more."""
        self._opened[org, broadcast, channel] += 1

    async def run(self) -> None:
        """Writes every few seconds until cancelled, and then what is left."""
        try:
            while True:
                await asyncio.sleep(SECONDS_BETWEEN_WRITES)
                await self._write()
        finally:
            await self._write()

    async def _write(self) -> None:
        try:
            await self.write()
        except Unavailable:
            logger.warning("cannot write how often links were opened; trying again soon")
        except Exception:
            logger.exception("writing how often links were opened failed")

    async def write(self) -> None:
        """All that was counted until now. Raises Unavailable; what may not be written waits on, under the same id."""
        at, opened, self._opened = self._clock(), self._opened, Counter()
        self._waiting += [Scanned(uuid7(at), *where, times, at) for where, times in opened.items()]
        waiting = self._waiting = self._waiting[-MOST_WAITING:]
        if waiting:
            await self._scans.add(waiting)
            self._waiting = self._waiting[len(waiting) :]
