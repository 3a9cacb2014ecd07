"""What an organiser reads of several shows together, and of one beside the earlier ones."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from stream_jobs.actions.keeping import Fresh, Turns
from stream_jobs.actions.report import ReportActions
from stream_jobs.domain.comparison import MOST_EARLIER, Comparison, Show, compare
from stream_jobs.domain.ids import BroadcastId, OrgId
from stream_jobs.domain.series import SeriesReport, SeriesRow
from stream_jobs.ports import Clock, Report
from stream_jobs.ports.series import SeriesReports, ShowsOf

FRESH_FOR = timedelta(seconds=1)
KEPT_TIMES = 5


class SeriesActions:
    def __init__(self, series: SeriesReports, reports: ReportActions, turns: Turns, clock: Clock) -> None:
        self._series = series
        self._reports = reports
        self._summed: Fresh[tuple[OrgId, ShowsOf], SeriesReport] = Fresh(clock, at_least=FRESH_FOR, times=KEPT_TIMES)
        self._counted: Fresh[tuple[OrgId, ShowsOf], SeriesReport] = Fresh(
            clock, at_least=FRESH_FOR, times=KEPT_TIMES, turns=turns
        )

    async def listed(self, org: OrgId) -> Sequence[SeriesRow]:
        """The one that had a show last first."""
        return await self._series.listed(org)

    async def report(self, org: OrgId, shows: ShowsOf) -> SeriesReport:
        """All figures of one moment. Raises SeriesNotFound, UnitNotFound, StillCounting."""

        async def count(at: datetime) -> SeriesReport:
            return await self._series.report(org, shows, at)

        kept = self._summed if shows.has_sums else self._counted
        return await kept.get((org, shows), count)

    async def comparison(self, org: OrgId, broadcast: BroadcastId) -> Comparison:
        """A show beside the last five before it, of its series where it has one. Raises BroadcastNotFound."""
        before = await self._series.earlier_shows(org, broadcast, most=MOST_EARLIER)
        shows = [compared_of(await self._reports.report(org, show)) for show in before.shows]
        return compare(compared_of(await self._reports.report(org, broadcast)), shows, before.group)


def compared_of(report: Report) -> Show:
    """What is compared of a show."""
    show = report.broadcast
    return Show(show.id, show.title, show.started_at, report.figures, report.cards)
