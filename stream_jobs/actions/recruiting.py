"""What a recruiter does with applications, or an organiser for an employer that has no recruiter account."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.ids import ApplicationId, BroadcastId, EmployerId, OrgId
from stream_jobs.domain.vetting import china_date
from stream_jobs.ports import (
    Bus,
    By,
    Clock,
    EmployerWork,
    FollowedFilter,
    FollowedPage,
    FollowUpMade,
    Move,
    Moved,
    NewFollowUp,
    OpenedApplication,
    Recruiting,
    Topic,
    Workload,
)

FURTHEST_NEXT = timedelta(days=366)


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

    async def listed(self, org: OrgId, employer: EmployerId, wanted: FollowedFilter) -> FollowedPage:
        """The employer's applications over all broadcasts, newest first, masked."""
        return await self._recruiting.listed(org, employer, wanted, self.today())

    async def workload(self, org: OrgId, employer: EmployerId) -> Workload:
        """Raises EmployerNotFound."""
        return await self._recruiting.workload(org, employer, self.today())

    async def without_recruiter(self, org: OrgId) -> Sequence[EmployerWork]:
        """Employers whose applicants the organiser telephones, most waiting first."""
        return await self._recruiting.without_recruiter(org)

    async def must_work_for(self, org: OrgId, employer: EmployerId) -> None:
        """As an organiser. Raises EmployerNotFound; NotAllowed where the employer has a recruiter of its own."""
        await self._recruiting.must_work_for(org, employer)

    async def open(
        self, org: OrgId, application: ApplicationId, by: By, *, employer: EmployerId | None
    ) -> OpenedApplication:
        """With history, notes and résumé, recorded before they are read; by the employer itself, it has been seen.

        Raises ApplicationNotFound.
        """
        return await self._recruiting.open(org, application, employer_id=employer, by=by, at=self._clock())

    async def follow_up(self, org: OrgId, new: NewFollowUp, by: By, *, employer: EmployerId | None) -> FollowUpMade:
        """A call, message, visit or note; who was reached for the first time is contacted.

        Raises ApplicationNotFound, BadInput.
        """
        if new.kind == "note" and not new.said:
            raise BadInput(field="said", expected="what to remember")
        self._check_day(new.next_on)
        made = await self._recruiting.follow_up(org, new, employer_id=employer, by=by, at=self._clock())
        await self._tell(made.moved.broadcasts if made.moved else ())
        return made

    async def set_next(
        self, org: OrgId, application: ApplicationId, on: date | None, *, employer: EmployerId | None
    ) -> None:
        """The day to do something next, or none. Raises ApplicationNotFound, BadInput."""
        self._check_day(on)
        await self._recruiting.set_next(org, application, on, employer_id=employer)

    def today(self) -> date:
        """China's."""
        return china_date(self._clock())

    def _check_day(self, on: date | None) -> None:
        today = self.today()
        if on is not None and not today <= on <= today + FURTHEST_NEXT:
            raise BadInput(field="next_on", expected="today or a day of the year to come")

    async def _tell(self, broadcasts: Iterable[BroadcastId]) -> None:
        for broadcast in broadcasts:
            await self._bus.announce(broadcast, Topic.DESK)
