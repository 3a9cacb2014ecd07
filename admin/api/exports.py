"""Taking lists of applications out: asked for, followed, fetched once ready, destroyed."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field

from admin.api.public import BROADCAST
from admin.api.report import checked_days
from admin.api.shapes import Input
from admin.call import Call
from admin.declare import Route, SignedIn
from admin.files import XLSX, attachment, begun, file_name
from admin.words import language
from stream_jobs.domain.errors import (
    BroadcastNotFound,
    EmployerNotFound,
    ExportNotFound,
    ExportNotReady,
    FileGone,
    FilesUnavailable,
)
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import EmployerId, ExportId
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import AccountRole
from stream_jobs.ports.exports import ExportBody, ExportFormat, ExportScope, ExportWanted, ReportsWanted

TAKERS = (SignedIn(AccountRole.ORGANISER, AccountRole.RECRUITER),)
EXPORT = "/api/v1/exports/{export_id}"


class ExportPurpose(StrEnum):
    """Why names and numbers are wanted in full."""

    CONTACT = "contact"
    HAND_OVER = "hand_over"
    SETTLE = "settle"


class ExportRequest(Input):
    scope: ExportScope = ExportScope.BROADCAST
    employer_id: UUID | None = Field(default=None, description="One employer's alone; a recruiter's own in any case")
    format: ExportFormat = ExportFormat.XLSX
    purpose: ExportPurpose | None = Field(default=None, description="Without one, names and numbers are masked")


class ReportExportRequest(Input):
    """A series, or days; without any, the days of the last year."""

    series: str | None = Field(default=None, max_length=200, description="The series' name")
    since: Annotated[date | None, Field(strict=False)] = None
    until: Annotated[date | None, Field(strict=False)] = None
    format: ExportFormat = ExportFormat.XLSX


class ExportList(Body):
    """Newest first."""

    exports: list[ExportBody]


async def ask(call: Call) -> ExportBody:
    asked = call.body(ExportRequest)
    own = call.account.employer_id
    wanted = ExportWanted(
        broadcast_id=call.broadcast,
        scope=asked.scope,
        employer_id=own or (EmployerId(asked.employer_id) if asked.employer_id else None),
        format=asked.format,
        purpose=asked.purpose.value if asked.purpose else None,
        language="en" if language(call.request) == "en" else "zh-CN",
    )
    if own and asked.employer_id not in (None, own):
        raise EmployerNotFound
    return await call.actions.exports.ask(call.org, wanted, call.by)


async def ask_reports(call: Call) -> ExportBody:
    asked = call.body(ReportExportRequest)
    since, until = checked_days(call, asked.since, asked.until)
    wanted = ReportsWanted(
        series=asked.series,
        since=since,
        until=until,
        format=asked.format,
        language="en" if language(call.request) == "en" else "zh-CN",
    )
    return await call.actions.exports.ask_reports(call.org, wanted, call.by)


async def listed(call: Call) -> ExportList:
    return ExportList(exports=list(await call.actions.exports.listed(call.org, call.by)))


async def fetch(call: Call) -> web.Response:
    body, pieces = await call.actions.exports.fetch(call.org, _id(call), call.by)
    day = f"{body.asked_at.astimezone(CHINA):%Y%m%d-%H%M}"
    what = "报名" if body.what == "applications" else "报告"
    days = f"{body.since}–{body.until}" if body.since else ""
    name = file_name(body.title or days, body.employer or "", what, day, ending=f".{body.format.value}")
    return web.Response(
        body=await begun(pieces),
        content_type=XLSX if body.format == ExportFormat.XLSX else "text/csv",
        charset=None if body.format == ExportFormat.XLSX else "utf-8",
        headers=attachment(name),
    )


async def again(call: Call) -> ExportBody:
    return await call.actions.exports.again(call.org, _id(call), call.by)


async def destroy(call: Call) -> None:
    await call.actions.exports.destroy(call.org, _id(call), call.by)


def _id(call: Call) -> ExportId:
    return ExportId(call.id("export_id", ExportNotFound))


ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path=f"{BROADCAST}/exports",
        callers=TAKERS,
        summary="Have a list of applications written, masked unless a purpose is given; recorded",
        handler=ask,
        body=ExportRequest,
        answer=ExportBody,
        errors=(BroadcastNotFound, EmployerNotFound),
    ),
    Route(
        method="POST",
        path="/api/v1/report-exports",
        callers=(SignedIn(AccountRole.ORGANISER),),
        summary="Have the reports of a series, or of days, written: every metric of every show, charts, every cut",
        handler=ask_reports,
        body=ReportExportRequest,
        answer=ExportBody,
    ),
    Route(
        method="GET",
        path="/api/v1/exports",
        callers=TAKERS,
        summary="The exports this account asked for, with how far they are",
        handler=listed,
        answer=ExportList,
    ),
    Route(
        method="GET",
        path=f"{EXPORT}/file",
        callers=TAKERS,
        summary="The file, for the account that asked for it, within its day; recorded",
        handler=fetch,
        media_type=f"{XLSX}, text/csv",
        errors=(ExportNotFound, ExportNotReady, FileGone, FilesUnavailable),
    ),
    Route(
        method="POST",
        path=f"{EXPORT}/again",
        callers=TAKERS,
        summary="Have one that failed written anew; recorded",
        handler=again,
        answer=ExportBody,
        errors=(ExportNotFound,),
    ),
    Route(
        method="DELETE",
        path=EXPORT,
        callers=TAKERS,
        summary="Destroy it: nobody can read it any more",
        handler=destroy,
        errors=(ExportNotFound,),
    ),
)
