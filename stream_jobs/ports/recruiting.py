"""Carrying applications from applied to hired and stayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

from pydantic import Field

from stream_jobs.domain.events import Body
from stream_jobs.domain.following import Reason, State
from stream_jobs.domain.ids import ApplicationId, BroadcastId, EmployerId, JobId, OrgId
from stream_jobs.domain.searching import Term
from stream_jobs.ports.applications import ApplicationBody, Resume
from stream_jobs.ports.bus import By
from stream_jobs.ports.files import ReadyFile

FollowUpKind = Literal["called", "no_answer", "message", "visited", "note"]
# Somebody spoke with the applicant.
REACHED: tuple[FollowUpKind, ...] = ("called", "visited")


@dataclass(frozen=True, slots=True)
class Move:
    """An application to be brought to a state; refused when it is not in the expected one, where one is given."""

    application_id: ApplicationId
    state: State
    reason: Reason | None = None
    expected: State | None = None


class MoveVerdict(Body):
    """What became of a move. state: as it is now, null where there is no such application; code: why it was refused."""

    application_id: ApplicationId
    verdict: Literal["moved", "unchanged", "refused"]
    state: State | None = None
    code: str | None = None


class Moved(Body):
    """A batch of moves, with a verdict for each in the order given; batch_id, null when nothing moved, undoes it."""

    batch_id: UUID | None
    moved: int
    verdicts: tuple[MoveVerdict, ...]
    broadcasts: tuple[BroadcastId, ...] = Field(default=(), exclude=True)


class Followed(ApplicationBody):
    """An application as who recruits sees it in a list: masked, with what was done about it last.

    same_person: how many applications of that person this employer has.
    """

    broadcast_title: str
    viewed: bool
    next_on: date | None = None
    last_kind: FollowUpKind | None = None
    last_at: datetime | None = None
    has_resume: bool = False


class FollowedPage(Body):
    """Newest first; next, where there are more, continues after the last one."""

    applications: tuple[Followed, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class FollowedFilter:
    """Which applications of an employer.

    waiting: of people nobody has contacted since they applied in that broadcast. due: with something to do that day or
    before it. channel: by the name of the channel that brought it first, '' for none. after: where a page before ended.
    """

    states: tuple[State, ...] = ()
    job_id: JobId | None = None
    broadcast_id: BroadcastId | None = None
    channel: str | None = None
    waiting: bool = False
    due: Literal["today", "overdue", "any"] | None = None
    since: date | None = None
    until: date | None = None
    terms: tuple[Term, ...] = ()
    after: tuple[datetime, ApplicationId] | None = None
    limit: int = 50


class FollowedEvent(Body):
    """One step of an application: applied, viewed, a state it was moved to, withdrawn; undone: it was taken back."""

    kind: str
    at: datetime
    by: str | None = None
    reason: str | None = None
    undone: bool = False


class FollowUp(Body):
    """What was done about an application, and what was said, in clear.

    by: nobody any more where it came by a link and the applicant is no longer kept.
    """

    id: UUID
    kind: FollowUpKind
    by: str | None
    at: datetime
    said: str | None = None


class OpenedApplication(Body):
    """One application with its history; notes, résumé and its files' names in clear, recorded before they were read.

    others: the same person's other applications at this employer, newest first. undo: the batch that brought it to its
    state, while it can be taken back.
    """

    application: Followed
    events: tuple[FollowedEvent, ...]
    follow_ups: tuple[FollowUp, ...]
    resume: Resume | None
    files: tuple[ReadyFile, ...] = ()
    others: tuple[Followed, ...]
    undo: UUID | None = None


class Choice(Body):
    """Something to filter by, and how many applications it has."""

    id: str
    name: str
    applications: int


class Workload(Body):
    """What an employer's desk has to do: applications by state, people waiting, and days that have come."""

    employer_id: EmployerId
    employer: str
    states: dict[str, int]
    waiting: int
    due_today: int
    overdue: int
    jobs: tuple[Choice, ...]
    broadcasts: tuple[Choice, ...]
    channels: tuple[Choice, ...]


class EmployerWork(Body):
    """An employer without a recruiter account, whose applicants the organiser telephones."""

    employer_id: EmployerId
    name: str
    applications: int
    waiting: int


@dataclass(frozen=True, slots=True, repr=False)
class NewFollowUp:
    """said is in clear here and sealed in storage. next_on is set with it unless it is left out."""

    application_id: ApplicationId
    kind: FollowUpKind
    said: str | None = None
    next_on: date | None = None
    sets_next: bool = False


class FollowUpMade(Body):
    """moved: whom somebody reached for the first time is contacted from then on."""

    follow_up: FollowUp
    next_on: date | None
    moved: Moved | None = None


class Recruiting(Protocol):
    """employer_id limits whose applications they are; without one, those of employers that have no recruiter account.

    What is outside of that looks like what is missing.
    """

    async def move(
        self,
        org_id: OrgId,
        moves: Sequence[Move],
        *,
        employer_id: EmployerId | None,
        by: By,
        at: datetime,
        all_or_none: bool = False,
    ) -> Moved:
        """In one transaction; each application is moved or told why not. all_or_none: one refusal and nothing moves."""

    async def undo(
        self, org_id: OrgId, batch_id: UUID, *, employer_id: EmployerId | None, by: By, at: datetime
    ) -> Moved:
        """Takes back those moves of the batch that nothing has followed. Raises MoveNotFound, UndoOver."""

    async def listed(
        self, org_id: OrgId, employer_id: EmployerId, wanted: FollowedFilter, today: date
    ) -> FollowedPage: ...

    async def workload(self, org_id: OrgId, employer_id: EmployerId, today: date) -> Workload:
        """Raises EmployerNotFound."""

    async def must_work_for(self, org_id: OrgId, employer_id: EmployerId) -> None:
        """Raises EmployerNotFound, and NotAllowed where the employer has a recruiter account."""

    async def without_recruiter(self, org_id: OrgId) -> Sequence[EmployerWork]:
        """Employers with applications and no recruiter account, most waiting first."""

    async def open(
        self, org_id: OrgId, application_id: ApplicationId, *, employer_id: EmployerId | None, by: By, at: datetime
    ) -> OpenedApplication:
        """Raises ApplicationNotFound."""

    async def follow_up(
        self, org_id: OrgId, new: NewFollowUp, *, employer_id: EmployerId | None, by: By, at: datetime
    ) -> FollowUpMade:
        """Raises ApplicationNotFound."""

    async def set_next(
        self, org_id: OrgId, application_id: ApplicationId, on: date | None, *, employer_id: EmployerId | None
    ) -> None:
        """Raises ApplicationNotFound."""
