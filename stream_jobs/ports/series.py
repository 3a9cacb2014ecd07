"""Several shows read together."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from stream_jobs.domain.ids import BroadcastId, OrgId, SeriesId
from stream_jobs.domain.series import SeriesReport, SeriesRow


class SeriesReports(Protocol):
    async def listed(self, org_id: OrgId) -> Sequence[SeriesRow]:
        """The series that had a show last first."""

    async def report(self, org_id: OrgId, series_id: SeriesId | None, at: datetime) -> SeriesReport:
        """None: all shows of the organisation. Raises SeriesNotFound."""

    async def earlier_shows(
        self, org_id: OrgId, broadcast_id: BroadcastId, *, most: int
    ) -> tuple[SeriesRow | None, Sequence[BroadcastId]]:
        """The show's series, and the ended shows of it that began before, the last one first.

        Raises BroadcastNotFound.
        """
