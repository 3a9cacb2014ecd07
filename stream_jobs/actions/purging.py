"""Purging: what its period has ended for goes, and what went is reported and recorded."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from stream_jobs.domain.errors import StreamJobsError
from stream_jobs.domain.ids import OrgId, PersonId
from stream_jobs.ports import By, Clock
from stream_jobs.ports.purging import Periods, PurgeClass, PurgeCount, Purges

logger = logging.getLogger(__name__)

BY_CALENDAR = By(None, "定期清理")
# Each is a transaction of its own; what is left is taken the next day.
MOST_PEOPLE = 20_000


class PurgeActions:
    def __init__(self, purges: Purges, periods: Periods, clock: Clock) -> None:
        self._purges = purges
        self._periods = periods
        self._clock = clock

    async def purge(self, *, dry_run: bool = False) -> Sequence[PurgeCount]:
        """Of all organisations together, by class; dry_run: only what is due."""
        now, due, done = self._clock(), Counter[PurgeClass](), Counter[PurgeClass]()
        for org_id in await self._purges.organisations():
            for count in await self._of(org_id, now, dry_run=dry_run):
                due[count.kind] += count.due
                done[count.kind] += count.done
        return [PurgeCount(kind=kind, due=due[kind], done=done[kind]) for kind in PurgeClass]

    async def _of(self, org_id: OrgId, now: datetime, *, dry_run: bool) -> Sequence[PurgeCount]:
        people = await self._purges.people_due(org_id, self._periods, now, most=MOST_PEOPLE)
        if dry_run:
            rows = await self._purges.rows_due(org_id, self._periods, now)
            return [PurgeCount(kind=PurgeClass.PEOPLE, due=len(people), done=0), *rows]
        erased = await self._erase(org_id, people, now)
        rows = await self._purges.take_rows(org_id, self._periods, now)
        counts = [PurgeCount(kind=PurgeClass.PEOPLE, due=len(people), done=erased), *rows]
        await self._purges.record(org_id, counts, by=BY_CALENDAR, at=now)
        return counts

    async def _erase(self, org_id: OrgId, people: Sequence[PersonId], now: datetime) -> int:
        erased = 0
        for person_id in people:
            try:
                erased += await self._purges.erase_due(org_id, person_id, self._periods, by=BY_CALENDAR, at=now)
            except StreamJobsError as error:
                logger.warning("a person could not be erased; tried again tomorrow", extra={"error": error.code})
        return erased
