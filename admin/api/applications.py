"""Applications as staff see them: masked lists, hand-overs, and a number in full once it is recorded who asked."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from aiohttp import web
from pydantic import Field

from admin.api.public import BROADCAST
from admin.api.shapes import Input, Said
from admin.call import Call
from admin.declare import Route, SignedIn
from admin.files import XLSX, Sheet, china_time, download, file_name, xlsx_file
from stream_jobs.domain.errors import (
    ApplicationNotFound,
    BroadcastNotFound,
    DataDamaged,
    EmployerNotFound,
    NotAllowed,
    TooMany,
)
from stream_jobs.domain.events import Body
from stream_jobs.domain.following import State
from stream_jobs.domain.ids import ApplicationId, EmployerId, JobId
from stream_jobs.domain.people_sheet.results import OFFERED
from stream_jobs.ports import AccountRole, ApplicantFilter, ApplicationBody, HandOver, HandOverLine

ORGANISER = SignedIn(AccountRole.ORGANISER)
READERS = (SignedIn(AccountRole.ORGANISER, AccountRole.RECRUITER),)
ERASED = "应聘者已删除个人信息"
HAND_OVER_COLUMNS = ("编号", "称呼", "手机", "岗位", "报名时间", "联系结果", "备注")


class Purpose(StrEnum):
    """Why someone looks at a number in full."""

    CONTACT = "contact"
    DUPLICATE = "duplicate"
    OWN_REQUEST = "own_request"


class ListQuery(Input):
    employer_id: UUID | None = Field(default=None, description="A recruiter sees their own employer's in any case")
    job_id: UUID | None = None
    state: State | None = None
    waiting: bool = Field(default=False, description="Only those of people nobody has contacted yet")
    limit: int = Field(default=50, ge=1, le=200)
    offset: int = Field(default=0, ge=0, le=1_000_000)


class ApplicationLine(Body):
    """An application, masked, and whether this account may see the number in full."""

    application: ApplicationBody
    may_reveal: bool


class ApplicationList(Body):
    """Newest first; total is how many there are of the kind asked for."""

    total: int
    applications: list[ApplicationLine]


class HandOverRequest(Input):
    employer_id: UUID
    purpose: Said = Field(max_length=100)
    receiver: Said = Field(max_length=100, description="Who receives the list")


class HandOvers(Body):
    hand_overs: list[HandOver]


class RevealRequest(Input):
    purpose: Purpose


class Revealed(Body):
    """In clear; recorded."""

    name: str | None
    phone: str


async def listed(call: Call) -> ApplicationList:
    asked = call.query(ListQuery)
    own = call.account.employer_id
    employer = own or (EmployerId(asked.employer_id) if asked.employer_id else None)
    wanted = ApplicantFilter(
        employer_id=employer,
        job_id=JobId(asked.job_id) if asked.job_id else None,
        states=(asked.state.value,) if asked.state else (),
        waiting=asked.waiting,
        limit=asked.limit,
        offset=asked.offset,
    )
    if own and asked.employer_id not in (None, own):
        return ApplicationList(total=0, applications=[])
    page = await call.actions.applying.page(call.org, call.broadcast, wanted)
    guarded = frozenset(page.with_recruiter)
    return ApplicationList(
        total=page.total,
        applications=[
            ApplicationLine(application=one, may_reveal=own is not None or one.employer_id not in guarded)
            for one in page.applications
        ],
    )


async def hand_over(call: Call) -> web.Response:
    wanted = call.body(HandOverRequest)
    act, lines = await call.actions.applying.hand_over(
        call.org,
        call.broadcast,
        EmployerId(wanted.employer_id),
        purpose=wanted.purpose,
        receiver=wanted.receiver,
        by=call.by,
    )
    content = await asyncio.to_thread(xlsx_file, [hand_over_sheet(lines)], act.at)
    return download(content, file_name(act.employer, "报名名单", f"{act.count}", ending=".xlsx"), XLSX)


def hand_over_sheet(lines: Sequence[HandOverLine]) -> Sheet:
    """As the employer fills it in: two columns stay empty, but for whoever has been erased since.

    The column of results offers the words that are understood.
    """
    rows = [
        [line.number, line.name, dialled(line.phone), line.job, china_time(line.at), None, _note(line)]
        for line in lines
    ]
    widths = {0: 10, 1: 16, 2: 18, 3: 36, 4: 20, 5: 20, 6: 30}
    choices = {HAND_OVER_COLUMNS.index("联系结果"): OFFERED}
    return Sheet("报名名单", HAND_OVER_COLUMNS, rows, widths=widths, choices=choices)


def _note(line: HandOverLine) -> str | None:
    return None if line.phone else ERASED


def dialled(phone: str) -> str:
    """As it is dialled in China; another country's keeps its code."""
    return phone.removeprefix("+86")


async def hand_overs(call: Call) -> HandOvers:
    return HandOvers(hand_overs=list(await call.actions.applying.handed_over(call.org, call.broadcast)))


async def reveal(call: Call) -> Revealed:
    await call.limits.reveal(call.org, call.account.id)
    name, phone = await call.actions.applying.reveal(
        call.org,
        ApplicationId(call.id("application_id", ApplicationNotFound)),
        purpose=call.body(RevealRequest).purpose.value,
        by=call.by,
        employer=call.account.employer_id,
    )
    return Revealed(name=name, phone=dialled(phone))


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path=f"{BROADCAST}/applications",
        callers=READERS,
        summary="Applications, masked",
        handler=listed,
        query=ListQuery,
        answer=ApplicationList,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="POST",
        path=f"{BROADCAST}/hand-overs",
        callers=(ORGANISER,),
        summary="Hand one employer its list in one recorded act; answers the file",
        handler=hand_over,
        body=HandOverRequest,
        media_type=XLSX,
        errors=(BroadcastNotFound, EmployerNotFound),
    ),
    Route(
        method="GET",
        path=f"{BROADCAST}/hand-overs",
        callers=(ORGANISER,),
        summary="What was handed over, by whom, to whom, newest first",
        handler=hand_overs,
        answer=HandOvers,
        errors=(BroadcastNotFound,),
    ),
    Route(
        method="POST",
        path="/api/v1/applications/{application_id}/reveal",
        callers=READERS,
        summary="One applicant's name and number in full; recorded before it is read",
        handler=reveal,
        body=RevealRequest,
        answer=Revealed,
        errors=(ApplicationNotFound, NotAllowed, TooMany, DataDamaged),
    ),
)
