"""What an organiser reads of a show: its figures, live and after."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.ports import By, Clock, Report, Reports, TypedFigure

# Figures are shown at most twice a second. A report that took long to count is kept five times as long, so that
# counting takes at most a sixth of the time, however many people look.
FRESH_FOR = timedelta(milliseconds=500)
KEPT_TIMES = 5
KEPT_SHOWS = 200


@dataclass(slots=True)
class _Kept:
    """The newest report of a show, or the counting everyone waits for."""

    counting: asyncio.Lock
    report: Report | None = None
    fresh_until: datetime | None = None


class ReportActions:
    def __init__(self, reports: Reports, clock: Clock) -> None:
        self._reports = reports
        self._clock = clock
        self._kept: dict[tuple[OrgId, BroadcastId], _Kept] = {}

    async def report(self, org: OrgId, broadcast: BroadcastId) -> Report:
        """All figures of one moment, counted anew at most twice a second. Raises BroadcastNotFound."""
        kept = self._kept.setdefault((org, broadcast), _Kept(asyncio.Lock()))
        async with kept.counting:
            began = self._clock()
            if kept.report is None or kept.fresh_until is None or began >= kept.fresh_until:
                try:
                    kept.report = await self._reports.report(org, broadcast, began)
                except BaseException:
                    self._kept.pop((org, broadcast), None)
                    raise
                kept.fresh_until = began + max(FRESH_FOR, (self._clock() - began) * KEPT_TIMES)
            if len(self._kept) > KEPT_SHOWS:
                self._kept = {(org, broadcast): kept}
            return kept.report

    async def report_now(self, org: OrgId, broadcast: BroadcastId) -> Report:
        """The same, counted now: for what is downloaded or was just changed."""
        return await self._reports.report(org, broadcast, self._clock())

    async def reports_of(self, org: OrgId, since: date | None, until: date | None, *, most: int) -> Sequence[Report]:
        """The newest shows of these days, oldest first; never a rehearsal."""
        shows = await self._reports.counted_shows(org, since, until)
        return [await self.report_now(org, show) for show in shows[-most:]]

    async def shows_of(self, org: OrgId, since: date | None, until: date | None) -> Sequence[BroadcastId]:
        """Shows begun on these days, oldest first; never a rehearsal."""
        return await self._reports.counted_shows(org, since, until)

    async def set_platform_figures(
        self, org: OrgId, broadcast: BroadcastId, figures: Sequence[TypedFigure], by: By
    ) -> None:
        """Figures typed in from a platform's page, beside ours."""
        await self._reports.set_platform_figures(org, broadcast, figures, by=by, at=self._clock())
        self._kept.pop((org, broadcast), None)
