"""What each kind of background work does, and what is done by the calendar."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never

from storage.work import WorkStore
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports import Clock
from stream_jobs.ports.objects import Objects
from stream_jobs.ports.work import DeleteObjects, TidyQueue, Work

QUEUE_LOG_KEPT = timedelta(days=30)

# Cron expressions in UTC; China's clocks are eight hours ahead.
SCHEDULES: Mapping[str, Work] = {
    "40 19 * * *": TidyQueue(),  # 03:40
}


class Handlers:
    """Each may be asked for the same twice, after a crash: the second time changes nothing."""

    def __init__(self, work: WorkStore, objects: Objects, clock: Clock) -> None:
        self._work = work
        self._objects = objects
        self._clock = clock

    async def handle(self, org_id: OrgId | None, work: Work, asked_at: datetime) -> None:
        match work:
            case DeleteObjects():
                await self._objects.delete(*work.keys)
            case TidyQueue():
                await self._work.forget_log(self._clock() - QUEUE_LOG_KEPT)
            case _:
                assert_never(work)
