"""Lists of people that come in as workbooks: from staff, and from an employer with link and code."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from aiohttp import web
from pydantic import Field

from admin.api.imports import READING_ERRORS, RowsQuery, UploadQuery, faulty_name
from admin.api.public import BROADCAST
from admin.call import Call
from admin.declare import Anyone, Caller, Route, SignedIn
from admin.files import XLSX, download
from admin.import_reader import WorkbookReader, WrongPerson
from admin.upload import uploaded
from admin.words import Catalogues, Words, language
from stream_jobs.domain.collecting import CollectionRefused
from stream_jobs.domain.errors import (
    BroadcastNotFound,
    ChannelNotFound,
    ImportDone,
    ImportNotFound,
    JobNotFound,
    NotAllowed,
    StreamJobsError,
    UndoOver,
)
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import ChannelId, JobId, PeopleImportId
from stream_jobs.domain.people_sheet.columns import Kind
from stream_jobs.domain.vetting import china_date
from stream_jobs.ports import AccountRole
from stream_jobs.ports.people_imports import Given, ListScope, NotTaken, PeopleImportBody, PeopleImportRow

STAFF = (SignedIn(AccountRole.ORGANISER, AccountRole.RECRUITER),)
TICKET = "X-Collection-Ticket"

ScopeOf = Callable[[Call], Awaitable[ListScope]]


class PeopleUpload(UploadQuery):
    kind: Kind = Field(default="outcomes", description="What became of applicants, or people who applied elsewhere")
    given: Given | None = Field(default=None, description="Of applicants: how they agreed")
    channel_id: UUID | None = Field(default=None, description="Of applicants: the channel they came by")
    job_id: UUID | None = Field(default=None, description="Of applicants: the job of those whose row names none")


class PeopleImportList(Body):
    """Newest first."""

    imports: list[PeopleImportBody]


class PeopleImportRows(Body):
    """In the workbook's order."""

    rows: list[PeopleImportRow]


class PeopleLists:
    """The same for whoever may bring lists; scope_of proves it before a byte of a file is read."""

    def __init__(self, reader: WorkbookReader, scope_of: ScopeOf) -> None:
        self._reader = reader
        self._scope_of = scope_of

    async def upload(self, call: Call) -> PeopleImportBody:
        scope, imports, wanted = await self._scope_of(call), call.actions.people_imports, call.query(PeopleUpload)
        if wanted.kind == "applicants" and (scope.collection_id or scope.employer_id):
            raise NotAllowed(expected="an organiser")
        limit = call.parts.settings.max_upload_bytes
        file = await uploaded(call.request, limit, wanted.name)
        reading = await self._reader.people(file.content, kind=wanted.kind, today=imports.today(), max_bytes=limit)
        return await imports.preview(
            scope,
            wanted.kind,
            file.name,
            file.content,
            reading,
            channel=ChannelId(wanted.channel_id) if wanted.channel_id else None,
            given=wanted.given,
            job=JobId(wanted.job_id) if wanted.job_id else None,
        )

    async def listed(self, call: Call) -> PeopleImportList:
        return PeopleImportList(imports=list(await call.actions.people_imports.listed(await self._scope_of(call))))

    async def one(self, call: Call) -> PeopleImportBody:
        return await call.actions.people_imports.one(await self._scope_of(call), _import(call))

    async def rows(self, call: Call) -> PeopleImportRows:
        scope, asked = await self._scope_of(call), call.query(RowsQuery)
        found = await call.actions.people_imports.rows(
            scope, _import(call), asked.verdict, offset=asked.offset, limit=asked.limit
        )
        return PeopleImportRows(rows=list(found))

    async def faulty(self, call: Call) -> web.Response:
        found = await call.actions.people_imports.faulty(await self._scope_of(call), _import(call))
        words = Catalogues(call.assets).words(language(call.request))
        zh = words.lang == "zh-CN"
        content = await self._reader.faulty_people(
            found.content,
            kind=found.kind,
            today=china_date(found.at),
            rows=[_wrong(row, words) for row in found.rows],
            at_cell=words.t("lists.fault.at", cell="{cell}"),
            language="zh" if zh else "en",
        )
        return download(content, faulty_name(found.file_name, "zh" if zh else "en"), XLSX)

    async def confirm(self, call: Call) -> PeopleImportBody:
        return await call.actions.people_imports.confirm(await self._scope_of(call), _import(call))

    async def undo(self, call: Call) -> PeopleImportBody:
        return await call.actions.people_imports.undo(await self._scope_of(call), _import(call))


async def of_staff(call: Call) -> ListScope:
    """A recruiter's own employer; for an organiser, employers without a recruiter account."""
    return ListScope(call.org, call.broadcast, call.by, call.account.employer_id)


async def of_collector(call: Call) -> ListScope:
    """Raises CollectionRefused."""
    ticket = call.request.headers.get(TICKET, "")
    who = await call.actions.collecting.collector(call.request.match_info["token"], ticket)
    return ListScope(who.org_id, who.broadcast_id, who.by, who.employer_id, who.collection_id)


def _import(call: Call) -> PeopleImportId:
    return PeopleImportId(call.id("import_id", ImportNotFound))


def _wrong(row: NotTaken, words: Words) -> WrongPerson:
    return WrongPerson(row.sheet, row.row, tuple((fault.cell, _said(fault.code, words)) for fault in row.faults))


def _said(code: str, words: Words) -> str:
    key = f"lists.fault.{code}"
    return words.t(key) if words.has(key) else words.t("common.error.unknown", code=code)


def _table(
    base: str, callers: tuple[Caller, ...], lists: PeopleLists, whose: str, refusals: tuple[type[StreamJobsError], ...]
) -> tuple[Route, ...]:
    one = f"{base}/{{import_id}}"
    missing = (*refusals, ImportNotFound)
    return (
        Route(
            method="POST",
            path=base,
            callers=callers,
            summary=f"Upload a list of people{whose}: a verdict for every row, nothing changed yet",
            handler=lists.upload,
            query=PeopleUpload,
            upload=True,
            answer=PeopleImportBody,
            errors=(*refusals, NotAllowed, ChannelNotFound, JobNotFound, *READING_ERRORS),
        ),
        Route(
            method="GET",
            path=base,
            callers=callers,
            summary=f"Lists of people that were uploaded{whose}, newest first",
            handler=lists.listed,
            answer=PeopleImportList,
            errors=refusals,
        ),
        Route(
            method="GET",
            path=one,
            callers=callers,
            summary=f"One list{whose} and its counts",
            handler=lists.one,
            answer=PeopleImportBody,
            errors=missing,
        ),
        Route(
            method="GET",
            path=f"{one}/rows",
            callers=callers,
            summary=f"Rows of a list{whose} with their verdicts, a page at a time",
            handler=lists.rows,
            query=RowsQuery,
            answer=PeopleImportRows,
            errors=missing,
        ),
        Route(
            method="GET",
            path=f"{one}/faulty",
            callers=callers,
            summary=f"Rows of a list{whose} that were not taken, as a workbook with what is wrong; recorded",
            handler=lists.faulty,
            media_type=XLSX,
            errors=(*missing, NotAllowed, ImportDone, *READING_ERRORS[:4]),
        ),
        Route(
            method="POST",
            path=f"{one}/confirm",
            callers=callers,
            summary=f"Write a list{whose}, once; after a break it goes on where it stopped",
            handler=lists.confirm,
            answer=PeopleImportBody,
            errors=(*missing, ImportDone),
        ),
        Route(
            method="POST",
            path=f"{one}/undo",
            callers=callers,
            summary=f"Take a list{whose} back, as far as nothing has followed",
            handler=lists.undo,
            answer=PeopleImportBody,
            errors=(*missing, ImportDone, UndoOver),
        ),
    )


def routes() -> tuple[Route, ...]:
    reader = WorkbookReader()
    staff, collector = PeopleLists(reader, of_staff), PeopleLists(reader, of_collector)
    return (
        *_table(f"{BROADCAST}/people-imports", STAFF, staff, "", (BroadcastNotFound,)),
        *_table(
            "/api/v1/collections/{token}/people-imports",
            (Anyone(),),
            collector,
            " by link and code",
            (CollectionRefused,),
        ),
    )
