"""What an organiser reads of a show: its figures, live and after."""

from collections.abc import Sequence
from datetime import date, timedelta

from stream_jobs.actions.keeping import Fresh
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.ports import By, Clock, Report, Reports, TypedFigure

# Figures are shown at most twice a second. A report that took long to count is kept five times as long, so that
# counting takes at most a sixth of the time, however many people look.
FRESH_FOR = timedelta(milliseconds=500)
KEPT_TIMES = 5


class ReportActions:
    def __init__(self, reports: Reports, clock: Clock) -> None:
        self._reports = reports
        self._clock = clock
        self._counted: Fresh[tuple[OrgId, BroadcastId], Report] = Fresh(clock, at_least=FRESH_FOR, times=KEPT_TIMES)

    async def report(self, org: OrgId, broadcast: BroadcastId) -> Report:
        """All figures of one moment, counted anew at most twice a second. Raises BroadcastNotFound."""
        return await self._counted.get((org, broadcast), lambda at: self._reports.report(org, broadcast, at))

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
        self._counted.forget((org, broadcast))
