"""What a recruiter does with applications, or an organiser for an employer that has no recruiter account."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from stream_jobs.domain.ids import BroadcastId, EmployerId, OrgId
from stream_jobs.ports import Bus, By, Clock, Move, Moved, Recruiting, Topic


class RecruitingActions:
    """employer: whose applications they are; None for those of employers without a recruiter account."""

    def __init__(self, recruiting: Recruiting, bus: Bus, clock: Clock) -> None:
        self._recruiting = recruiting
        self._bus = bus
        self._clock = clock

    async def move(
        self,
        org: OrgId,
        moves: Sequence[Move],
        by: By,
        *,
        employer: EmployerId | None,
        all_or_none: bool = False,
    ) -> Moved:
        """A verdict for each. The applicant's page and the report say so from then on."""
        moved = await self._recruiting.move(
            org, moves, employer_id=employer, by=by, at=self._clock(), all_or_none=all_or_none
        )
        await self._tell(moved.broadcasts)
        return moved

    async def undo(self, org: OrgId, batch: UUID, by: By, *, employer: EmployerId | None) -> Moved:
        """As if it had not been: counts and what the applicant is told are as before. Raises MoveNotFound, UndoOver."""
        undone = await self._recruiting.undo(org, batch, employer_id=employer, by=by, at=self._clock())
        await self._tell(undone.broadcasts)
        return undone

    async def _tell(self, broadcasts: Iterable[BroadcastId]) -> None:
        for broadcast in broadcasts:
            await self._bus.announce(broadcast, Topic.DESK)
