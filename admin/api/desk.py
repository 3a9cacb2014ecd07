"""The recruiter's desk: one employer's applications over all broadcasts, and what is done about them."""

from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from admin.api.shapes import Input, Text
from admin.call import UUID_FORM, Call
from admin.declare import Route, SignedIn
from stream_jobs.domain.errors import (
    ApplicationNotFound,
    BadInput,
    EmployerNotFound,
    MoveNotFound,
    NotAllowed,
    TooMany,
    UndoOver,
)
from stream_jobs.domain.events import Body
from stream_jobs.domain.following import Reason, State
from stream_jobs.domain.ids import ApplicationId, BroadcastId, EmployerId, JobId
from stream_jobs.domain.searching import terms
from stream_jobs.ports import (
    AccountRole,
    EmployerWork,
    FollowedFilter,
    FollowedPage,
    FollowUpKind,
    FollowUpMade,
    Move,
    Moved,
    NewFollowUp,
    OpenedApplication,
    Workload,
)

DESK = "/api/v1/desk"
ORGANISER = (SignedIn(AccountRole.ORGANISER),)
# An organiser works for employers that have no recruiter account.
CALLERS = (SignedIn(AccountRole.RECRUITER, AccountRole.ORGANISER),)
MOST_MOVES = 200
OF_EMPLOYER = "Of an organiser; a recruiter's is their own"


class DeskQuery(Input):
    employer_id: UUID | None = Field(default=None, description=OF_EMPLOYER)


class FollowedQuery(DeskQuery):
    q: str | None = Field(default=None, max_length=200, description="Name, phone or its last 4 digits, number, résumé")
    state: State | None = None
    job_id: UUID | None = None
    broadcast_id: UUID | None = None
    channel: str | None = Field(default=None, max_length=100, description="A channel's name; empty for none")
    waiting: bool = Field(default=False, description="Only those of people nobody has contacted yet")
    due: Literal["today", "overdue", "any"] | None = None
    since: date | None = Field(default=None, description="Applied on this day of China's calendar or later")
    until: date | None = None
    after: str | None = Field(default=None, max_length=100, description="`next` of the page before")
    limit: int = Field(default=50, ge=1, le=200)


class MoveTarget(Input):
    application_id: UUID
    expected_state: State | None = Field(default=None, description="Refused when it is not in this state any more")


class MoveRequest(Input):
    applications: list[MoveTarget] = Field(min_length=1, max_length=MOST_MOVES)
    state: State
    reason: Reason | None = Field(default=None, description="Of a rejection, and of nothing else")
    all_or_none: bool = False


class FollowUpRequest(Input):
    kind: FollowUpKind
    said: Text | None = Field(default=None, max_length=1000)
    next_on: date | None = Field(default=None, description="The day to do something next; left out, it stays")


class NextRequest(Input):
    on: date | None = Field(description="A day of China's calendar, or null for none")


class EmployerWorks(Body):
    employers: list[EmployerWork]


async def employers(call: Call) -> EmployerWorks:
    return EmployerWorks(employers=list(await call.actions.recruiting.without_recruiter(call.org)))


async def workload(call: Call) -> Workload:
    return await call.actions.recruiting.workload(call.org, await _employer(call, call.query(DeskQuery)))


async def listed(call: Call) -> FollowedPage:
    asked = call.query(FollowedQuery)
    employer = await _employer(call, asked)
    if asked.q:
        await call.limits.search(call.org, call.account.id)
    wanted = FollowedFilter(
        states=(asked.state,) if asked.state else (),
        job_id=JobId(asked.job_id) if asked.job_id else None,
        broadcast_id=BroadcastId(asked.broadcast_id) if asked.broadcast_id else None,
        channel=asked.channel,
        waiting=asked.waiting,
        due=asked.due,
        since=asked.since,
        until=asked.until,
        terms=terms(asked.q or ""),
        after=_place(asked.after) if asked.after else None,
        limit=asked.limit,
    )
    return await call.actions.recruiting.listed(call.org, employer, wanted)


async def opened(call: Call) -> OpenedApplication:
    await call.limits.open_application(call.org, call.account.id)
    return await call.actions.recruiting.open(call.org, _application(call), call.by, employer=call.account.employer_id)


async def move(call: Call) -> Moved:
    wanted = call.body(MoveRequest)
    moves = [
        Move(ApplicationId(one.application_id), wanted.state, wanted.reason, one.expected_state)
        for one in wanted.applications
    ]
    return await call.actions.recruiting.move(
        call.org, moves, call.by, employer=call.account.employer_id, all_or_none=wanted.all_or_none
    )


async def undo(call: Call) -> Moved:
    batch = call.id("batch_id", MoveNotFound)
    return await call.actions.recruiting.undo(call.org, batch, call.by, employer=call.account.employer_id)


async def follow_up(call: Call) -> FollowUpMade:
    wanted = call.body(FollowUpRequest)
    new = NewFollowUp(
        _application(call),
        wanted.kind,
        said=wanted.said or None,
        next_on=wanted.next_on,
        sets_next="next_on" in wanted.model_fields_set,
    )
    return await call.actions.recruiting.follow_up(call.org, new, call.by, employer=call.account.employer_id)


async def set_next(call: Call) -> None:
    day = call.body(NextRequest).on
    await call.actions.recruiting.set_next(call.org, _application(call), day, employer=call.account.employer_id)


def _application(call: Call) -> ApplicationId:
    return ApplicationId(call.id("application_id", ApplicationNotFound))


async def _employer(call: Call, asked: DeskQuery) -> EmployerId:
    """Raises EmployerNotFound, NotAllowed, BadInput."""
    own = call.account.employer_id
    if own is not None:
        if asked.employer_id not in (None, own):
            raise EmployerNotFound
        return own
    if asked.employer_id is None:
        raise BadInput(field="employer_id", expected="the employer to work for")
    employer = EmployerId(asked.employer_id)
    await call.actions.recruiting.must_work_for(call.org, employer)
    return employer


def _place(cursor: str) -> tuple[datetime, ApplicationId]:
    """Raises BadInput for what no page ended with."""
    at, _, id_ = cursor.partition("Z_")
    try:
        if not UUID_FORM.fullmatch(id_):
            raise ValueError
        return datetime.fromisoformat(at).replace(tzinfo=UTC), ApplicationId(UUID(id_))
    except ValueError:
        raise BadInput(field="after", expected="`next` of a page") from None


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=f"{DESK}/employers",
        callers=ORGANISER,
        summary="Employers without a recruiter account, whose applicants the organiser telephones",
        handler=employers,
        answer=EmployerWorks,
    ),
    Route(
        method="GET",
        path=DESK,
        callers=CALLERS,
        summary="What there is to do: by state, waiting, days that have come, and what to filter by",
        handler=workload,
        query=DeskQuery,
        answer=Workload,
        errors=(EmployerNotFound, NotAllowed),
    ),
    Route(
        method="GET",
        path=f"{DESK}/applications",
        callers=CALLERS,
        summary="An employer's applications over all broadcasts, masked, newest first, by filter and search",
        handler=listed,
        query=FollowedQuery,
        answer=FollowedPage,
        errors=(EmployerNotFound, NotAllowed, TooMany),
    ),
    Route(
        method="POST",
        path=f"{DESK}/applications/{{application_id}}/open",
        callers=CALLERS,
        summary="One application with its history, notes and résumé; recorded before they are read",
        handler=opened,
        answer=OpenedApplication,
        errors=(ApplicationNotFound, TooMany),
    ),
    Route(
        method="POST",
        path=f"{DESK}/applications/{{application_id}}/follow-ups",
        callers=CALLERS,
        summary="Note a call, message or visit; who was reached for the first time is contacted",
        handler=follow_up,
        body=FollowUpRequest,
        answer=FollowUpMade,
        errors=(ApplicationNotFound,),
    ),
    Route(
        method="PUT",
        path=f"{DESK}/applications/{{application_id}}/next",
        callers=CALLERS,
        summary="The day to do something next",
        handler=set_next,
        body=NextRequest,
        errors=(ApplicationNotFound,),
    ),
    Route(
        method="POST",
        path=f"{DESK}/moves",
        callers=CALLERS,
        summary="Bring applications to a state; a verdict for each",
        handler=move,
        body=MoveRequest,
        answer=Moved,
    ),
    Route(
        method="POST",
        path=f"{DESK}/moves/{{batch_id}}/undo",
        callers=CALLERS,
        summary="Take back those moves that nothing has followed",
        handler=undo,
        answer=Moved,
        errors=(MoveNotFound, UndoOver),
    ),
)
