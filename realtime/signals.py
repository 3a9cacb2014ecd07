"""Collects what viewers saw and did into one batch per broadcast; each caller is answered after the commit."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from stream_jobs.actions.watching import WatchingActions
from stream_jobs.domain.errors import StreamJobsError, TooMany, Unavailable
from stream_jobs.domain.events import Signal, Watcher
from stream_jobs.domain.ids import BroadcastId, OrgId

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.1
MAX_BATCH = 1_000
MAX_WAITING = 50_000
BROADCASTS_AT_ONCE = 4

Answer = Callable[[Sequence[UUID] | StreamJobsError], None]
"""Called with the event ids that are stored, or with why they are not."""


@dataclass(frozen=True, slots=True)
class Reported:
    """One page's report."""

    watcher: Watcher
    signals: Sequence[Signal]
    answer: Answer


class Signals:
    """Bounded: beyond MAX_WAITING signals a page is told to keep its own for later."""

    def __init__(self, watching: WatchingActions, visits_written: Callable[[], Awaitable[None]]) -> None:
        """`visits_written` returns when every visit that began before is stored: a signal without one is fraud."""
        self._watching = watching
        self._visits_written = visits_written
        self._waiting: dict[tuple[OrgId, BroadcastId], list[Reported]] = {}
        self._count = 0
        self._arrived = asyncio.Event()
        self._flushing = asyncio.Lock()

    def add(self, org_id: OrgId, broadcast_id: BroadcastId, reported: Reported) -> None:
        """Answers later, when it is durable. Raises TooMany when too much waits already."""
        if self._count + len(reported.signals) > MAX_WAITING:
            raise TooMany(retry_after_seconds=5)
        self._count += len(reported.signals)
        self._waiting.setdefault((org_id, broadcast_id), []).append(reported)
        self._arrived.set()

    async def run(self) -> None:
        """Stores batches until cancelled."""
        while True:
            await self._arrived.wait()
            await asyncio.sleep(GATHER_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Stores and answers everything that waits now."""
        async with self._flushing:
            self._arrived.clear()
            waiting, self._waiting, self._count = self._waiting, {}, 0
            slots = asyncio.Semaphore(BROADCASTS_AT_ONCE)

            async def store(org_id: OrgId, broadcast_id: BroadcastId, reports: list[Reported]) -> None:
                async with slots:
                    for batch in batches(reports):
                        await self._store(org_id, broadcast_id, batch)

            async with asyncio.TaskGroup() as group:
                for (org_id, broadcast_id), reports in waiting.items():
                    group.create_task(store(org_id, broadcast_id, reports))

    async def _store(self, org_id: OrgId, broadcast_id: BroadcastId, batch: list[Reported]) -> None:
        rows = [(reported.watcher, signal) for reported in batch for signal in reported.signals]
        try:
            await self._visits_written()
            stored = set(await self._watching.record(org_id, broadcast_id, rows))
        except Exception as error:
            await self._store_apart(org_id, broadcast_id, batch, error)
            return
        for reported in batch:
            reported.answer([signal.event_id for signal in reported.signals if signal.event_id in stored])

    async def _store_apart(
        self, org_id: OrgId, broadcast_id: BroadcastId, batch: list[Reported], error: Exception
    ) -> None:
        """One bad report harms only itself; when the database is away there is no use in trying each."""
        if len(batch) > 1 and not isinstance(error, Unavailable):
            for reported in batch:
                await self._store(org_id, broadcast_id, [reported])
            return
        if not isinstance(error, StreamJobsError):
            logger.error("storing signals failed", exc_info=error, extra={"broadcast": str(broadcast_id)})
            error = Unavailable()
        for reported in batch:
            reported.answer(error)


def batches(reports: Sequence[Reported]) -> list[list[Reported]]:
    """Reports in order, in batches of at most MAX_BATCH signals; a report is never split."""
    result: list[list[Reported]] = []
    size = MAX_BATCH
    for reported in reports:
        if size + len(reported.signals) > MAX_BATCH:
            result.append([])
            size = 0
        result[-1].append(reported)
        size += len(reported.signals)
    return result
