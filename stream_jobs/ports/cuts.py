"""Several shows cut by what was presented and where viewers came from."""

from datetime import datetime
from typing import Protocol

from stream_jobs.domain.cuts import Cuts
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports.series import ShowsOf


class CutReports(Protocol):
    async def cuts(self, org_id: OrgId, of: ShowsOf, at: datetime) -> Cuts:
        """Of the shows that their report counts. Raises SeriesNotFound, UnitNotFound."""
