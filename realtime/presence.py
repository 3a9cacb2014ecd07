"""Who watched from when to when, written in batches; and that this worker lives."""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime

from realtime.room import Rooms
from stream_jobs.actions.watching import WatchingActions
from stream_jobs.domain.errors import Unavailable
from stream_jobs.domain.events import Watcher
from stream_jobs.domain.ids import BroadcastId, OrgId, VisitId, WorkerId

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
LOOK_SECONDS = 0.25
"""How soon other processes, and screens that count, learn that the number of viewers here has changed."""
FLUSH_SECONDS = 1.0
BATCH = 2_000
MAX_WAITING = 100_000
"""Rows kept while the database is away; beyond it rows are given up, and watch time is short by them."""

Arrived = tuple[OrgId, BroadcastId, Watcher, datetime]
Closed = tuple[OrgId, BroadcastId, VisitId, WorkerId, datetime, datetime]


class Presence:
    """Takes arrivals and departures without waiting; a reconnect is a new interval of the same visit."""

    def __init__(self, watching: WatchingActions, rooms: Rooms, worker_id: WorkerId) -> None:
        self._watching = watching
        self._rooms = rooms
        self._worker_id = worker_id
        self._arrived: deque[Arrived] = deque(maxlen=MAX_WAITING)
        self._left: deque[Closed] = deque(maxlen=MAX_WAITING)
        self._flushing = asyncio.Lock()

    def arrived(self, org_id: OrgId, broadcast_id: BroadcastId, watcher: Watcher, at: datetime) -> None:
        self._arrived.append((org_id, broadcast_id, watcher, at))

    def left(self, org_id: OrgId, broadcast_id: BroadcastId, watcher: Watcher, since: datetime, at: datetime) -> None:
        self._left.append((org_id, broadcast_id, watcher.visit_id, self._worker_id, since, at))

    async def run(self) -> None:
        """Writes what happened every second, beats every five and when numbers change, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat())
            group.create_task(self._write())

    async def say_goodbye(self) -> None:
        """Writes everything that waits, and that nobody is here any more. Raises Unavailable."""
        await self.flush()
        await self._watching.beat(self._worker_id, self._rooms.watching_here())

    async def flush(self) -> None:
        """Writes everything that waits. Raises Unavailable; what was not written waits on."""
        await self.flush_arrivals()
        async with self._flushing:
            for _ in range(math.ceil(len(self._left) / BATCH)):
                await self._write_departures()

    async def flush_arrivals(self) -> None:
        """Writes the visits that wait. Raises Unavailable; what was not written waits on."""
        async with self._flushing:
            # Not those who come meanwhile: in a storm there would be a transaction for each handful.
            for _ in range(math.ceil(len(self._arrived) / BATCH)):
                await self._write_arrivals()

    async def _beat(self) -> None:
        told: Mapping[BroadcastId, int] | None = None
        beaten = float("-inf")
        while True:
            here = self._rooms.watching_here()
            if here == told and time.monotonic() - beaten < BEAT_SECONDS:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            told, beaten = here, time.monotonic()
            try:
                await self._watching.beat(self._worker_id, here)
            except Unavailable:
                logger.warning("cannot write the beat; trying again soon")
            except Exception:
                logger.exception("the beat failed")
            await asyncio.sleep(LOOK_SECONDS)

    async def _write(self) -> None:
        while True:
            try:
                await self.flush()
            except Unavailable:
                logger.warning("cannot write who watches; trying again soon", extra={"waiting": len(self._arrived)})
            except Exception:
                logger.exception("writing who watches failed")
            await asyncio.sleep(FLUSH_SECONDS)

    async def _write_arrivals(self) -> None:
        """A visit is counted before its first interval, so that no interval lacks its visit."""
        batch = [self._arrived.popleft() for _ in range(min(BATCH, len(self._arrived)))]
        by_broadcast: dict[tuple[OrgId, BroadcastId], list[tuple[Watcher, datetime]]] = {}
        for org, broadcast, watcher, at in batch:
            by_broadcast.setdefault((org, broadcast), []).append((watcher, at))
        try:
            for (org, broadcast), visits in by_broadcast.items():
                await self._count_visits(org, broadcast, visits)
        except Unavailable:
            self._arrived.extendleft(reversed(batch))
            raise

    async def _count_visits(
        self, org: OrgId, broadcast: BroadcastId, visits: Sequence[tuple[Watcher, datetime]]
    ) -> None:
        try:
            await self._watching.visits(org, broadcast, visits)
            await self._watching.opened(
                [(org, broadcast, watcher.visit_id, self._worker_id, at) for watcher, at in visits]
            )
        except Unavailable:
            raise
        except Exception:
            # A token may outlive its broadcast; the visits of other broadcasts are written all the same.
            logger.exception("visits were not counted", extra={"broadcast": str(broadcast), "visits": len(visits)})

    async def _write_departures(self) -> None:
        batch = [self._left.popleft() for _ in range(min(BATCH, len(self._left)))]
        try:
            await self._watching.closed(batch)
        except Unavailable:
            self._left.extendleft(reversed(batch))
            raise
        except Exception:
            logger.exception("departures were not written", extra={"departures": len(batch)})
