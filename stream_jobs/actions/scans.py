"""Counts how often channels' links are opened, without making a page wait for the database."""

import asyncio
import logging
from collections import Counter
from uuid import UUID

from stream_jobs.domain.errors import Unavailable
from stream_jobs.domain.ids import BroadcastId, ChannelId, OrgId, uuid7
from stream_jobs.ports import Clock
from stream_jobs.ports.scans import Scanned, Scans

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_WRITES = 5


class ScanActions:
    """counted: all since this process began; changed: those of it that are not written yet."""

    def __init__(self, scans: Scans, clock: Clock) -> None:
        self._scans = scans
        self._clock = clock
        self._process_id: UUID | None = None
        self._counted: Counter[tuple[OrgId, BroadcastId, ChannelId]] = Counter()
        self._changed: set[tuple[OrgId, BroadcastId, ChannelId]] = set()

    def opened(self, org: OrgId, broadcast: BroadcastId, channel: ChannelId) -> None:
        """Once more."""
        self._counted[org, broadcast, channel] += 1
        self._changed.add((org, broadcast, channel))

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
        """All that was counted until now. Raises Unavailable; what may not be written is with the next."""
        at, changed, self._changed = self._clock(), self._changed, set()
        process = self._process_id = self._process_id or uuid7(at)
        try:
            if changed:
                await self._scans.set([Scanned(process, *which, self._counted[which], at) for which in changed])
        except BaseException:
            self._changed |= changed
            raise
