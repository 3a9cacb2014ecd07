"""Several shows cut by what was presented and where viewers came from."""

from datetime import datetime
from typing import Protocol

from stream_jobs.domain.cuts import Cuts
from stream_jobs.domain.ids import OrgId, SeriesId


class CutReports(Protocol):
    async def cuts(self, org_id: OrgId, series_id: SeriesId | None, at: datetime) -> Cuts:
        """Of the shows that the series' report counts; None: of all of the organisation. Raises SeriesNotFound."""
