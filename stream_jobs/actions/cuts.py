"""What an organiser reads of several shows by job, employer, place of work and channel."""

from datetime import datetime, timedelta

from stream_jobs.actions.keeping import Fresh, Turns
from stream_jobs.domain.cuts import Cuts
from stream_jobs.domain.ids import OrgId
from stream_jobs.ports import Clock
from stream_jobs.ports.cuts import CutReports
from stream_jobs.ports.series import ShowsOf

# Of a great season on air it is seconds of work.
FRESH_FOR = timedelta(seconds=5)
KEPT_TIMES = 10


class CutActions:
    def __init__(self, cuts: CutReports, turns: Turns, clock: Clock) -> None:
        self._cuts = cuts
        self._kept: Fresh[tuple[OrgId, ShowsOf], Cuts] = Fresh(clock, at_least=FRESH_FOR, times=KEPT_TIMES, turns=turns)

    async def cuts(self, org: OrgId, of: ShowsOf) -> Cuts:
        """All figures of one moment. Raises SeriesNotFound, UnitNotFound, StillCounting."""

        async def count(at: datetime) -> Cuts:
            return await self._cuts.cuts(org, of, at)

        return await self._kept.get((org, of), count)
