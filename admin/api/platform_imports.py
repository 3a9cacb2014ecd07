"""Figures out of a platform's export: upload and preview, confirm, undo."""

from uuid import UUID

from pydantic import Field

from admin.api.shapes import Input, Text
from admin.call import Call
from admin.declare import Route, SignedIn
from admin.import_reader import WorkbookReader
from admin.problems import BodyTooLarge, BodyTooSlow
from admin.upload import uploaded
from stream_jobs.domain.errors import BroadcastNotFound, ImportDone, ImportNotFound
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId, PlatformImportId
from stream_jobs.domain.job_sheet import WorkbookEncrypted, WorkbookTooLarge, WorkbookTooLong, WorkbookUnreadable
from stream_jobs.ports import AccountRole, VerdictKind
from stream_jobs.ports.platform_imports import PlatformImportBody, PlatformImportRow

ORGANISER = (SignedIn(AccountRole.ORGANISER),)
READING_ERRORS = (WorkbookUnreadable, WorkbookEncrypted, WorkbookTooLarge, WorkbookTooLong, BodyTooLarge, BodyTooSlow)


class PlatformUploadQuery(Input):
    platform: Text = Field(max_length=40, description="Whose figures these are: 快手, 抖音 …")
    broadcast_id: UUID | None = Field(default=None, description="The show of rows that say neither when nor which")
    name: str | None = Field(default=None, max_length=400, description="The file's name, where the body is the file")


class PlatformImportList(Body):
    """Newest first."""

    imports: list[PlatformImportBody]


class PlatformRowsQuery(Input):
    verdict: VerdictKind | None = None
    cursor: int = Field(default=0, ge=0, le=1_000_000, description="next_cursor of the page before")
    limit: int = Field(default=50, ge=1, le=200)


class PlatformImportRows(Body):
    """In the file's order; next_cursor is null on the last page."""

    rows: list[PlatformImportRow]
    next_cursor: int | None


class PlatformImports:
    def __init__(self) -> None:
        self._reader = WorkbookReader()

    async def upload(self, call: Call) -> PlatformImportBody:
        asked, limit = call.query(PlatformUploadQuery), call.parts.settings.max_upload_bytes
        file = await uploaded(call.request, limit, asked.name)
        imports = call.actions.platform_imports
        read = await self._reader.platform_rows(file.content, today=imports.today(), max_bytes=limit)
        show = BroadcastId(asked.broadcast_id) if asked.broadcast_id else None
        return await imports.preview(call.org, file.name, read, call.by, platform=asked.platform, broadcast=show)


async def listed(call: Call) -> PlatformImportList:
    return PlatformImportList(imports=list(await call.actions.platform_imports.listed(call.org)))


async def one(call: Call) -> PlatformImportBody:
    return await call.actions.platform_imports.one(call.org, _import(call))


async def rows(call: Call) -> PlatformImportRows:
    asked = call.query(PlatformRowsQuery)
    found = await call.actions.platform_imports.rows(
        call.org, _import(call), asked.verdict, after=asked.cursor, limit=asked.limit + 1
    )
    page = list(found[: asked.limit])
    return PlatformImportRows(rows=page, next_cursor=page[-1].nth if len(found) > asked.limit else None)


async def confirm(call: Call) -> PlatformImportBody:
    return await call.actions.platform_imports.confirm(call.org, _import(call), call.by)


async def undo(call: Call) -> PlatformImportBody:
    return await call.actions.platform_imports.undo(call.org, _import(call))


def _import(call: Call) -> PlatformImportId:
    return PlatformImportId(call.id("import_id", ImportNotFound))


ALL = "/api/v1/platform-imports"
ONE = f"{ALL}/{{import_id}}"


def routes() -> tuple[Route, ...]:
    imports = PlatformImports()
    return (
        Route(
            method="POST",
            path=ALL,
            callers=ORGANISER,
            summary="Upload a platform's export of its live shows: a verdict for every row, no figure yet",
            handler=imports.upload,
            query=PlatformUploadQuery,
            upload=True,
            answer=PlatformImportBody,
            errors=(BroadcastNotFound, *READING_ERRORS),
        ),
        Route(
            method="GET",
            path=ALL,
            callers=ORGANISER,
            summary="Uploaded exports, newest first",
            handler=listed,
            answer=PlatformImportList,
        ),
        Route(
            method="GET",
            path=ONE,
            callers=ORGANISER,
            summary="One of them and its counts",
            handler=one,
            answer=PlatformImportBody,
            errors=(ImportNotFound,),
        ),
        Route(
            method="GET",
            path=f"{ONE}/rows",
            callers=ORGANISER,
            summary="Rows with their verdicts, a page at a time",
            handler=rows,
            query=PlatformRowsQuery,
            answer=PlatformImportRows,
            errors=(ImportNotFound,),
        ),
        Route(
            method="POST",
            path=f"{ONE}/confirm",
            callers=ORGANISER,
            summary="Write the figures beside ours, under the name of whoever confirms",
            handler=confirm,
            answer=PlatformImportBody,
            errors=(ImportNotFound, ImportDone),
        ),
        Route(
            method="POST",
            path=f"{ONE}/undo",
            callers=ORGANISER,
            summary="What stood before stands again",
            handler=undo,
            answer=PlatformImportBody,
            errors=(ImportNotFound, ImportDone),
        ),
    )
