"""Several shows read together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from stream_jobs.domain.comparison import ShowGroup
from stream_jobs.domain.ids import BroadcastId, OrgId, SeriesId, UnitId
from stream_jobs.domain.series import SeriesReport, SeriesRow


@dataclass(frozen=True, slots=True)
class ShowsOf:
    """Of a series; of a unit and everything beneath it; begun on these days of China's calendar. None: of any."""

    series: SeriesId | None = None
    unit: UnitId | None = None
    since: date | None = None
    until: date | None = None

    @property
    def has_sums(self) -> bool:
        """A series as it is, and everything, are summed as events are stored; all else is counted when asked for."""
        return self == ShowsOf(self.series)


EVERYTHING = ShowsOf()


@dataclass(frozen=True, slots=True)
class EarlierShows:
    """What a show is compared with, the last one first, and what they are of."""

    group: ShowGroup
    shows: Sequence[BroadcastId]


class SeriesReports(Protocol):
    async def listed(self, org_id: OrgId) -> Sequence[SeriesRow]:
        """The series that had a show last first."""

    async def report(self, org_id: OrgId, shows: ShowsOf, at: datetime) -> SeriesReport:
        """Raises SeriesNotFound, UnitNotFound."""

    async def earlier_shows(self, org_id: OrgId, broadcast_id: BroadcastId, *, most: int) -> EarlierShows:
        """Ended shows that began before, the last one first: of its series, or where it held none of its unit.

        Without any there, of the whole organisation. Raises BroadcastNotFound.
        """
