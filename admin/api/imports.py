"""Jobs out of a workbook: upload and preview, confirm, undo, the faulty rows back."""

from aiohttp import web
from pydantic import Field

from admin.api.shapes import Input
from admin.call import Call
from admin.declare import Route, SignedIn
from admin.files import XLSX, download
from admin.import_reader import WorkbookReader
from admin.problems import BodyTooLarge, BodyTooSlow
from admin.upload import uploaded
from admin.words import language
from stream_jobs.domain.errors import ImportDone, ImportNotFound, ImportUsed
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import ImportId
from stream_jobs.domain.job_sheet import (
    CellFault,
    Fault,
    WorkbookEncrypted,
    WorkbookTooLarge,
    WorkbookTooLong,
    WorkbookUnreadable,
    fault_text,
    skip_text,
)
from stream_jobs.domain.job_sheet import Field as SheetField
from stream_jobs.domain.job_sheet.verdicts import SkipReason
from stream_jobs.domain.pay import Language
from stream_jobs.ports import AccountRole, ImportBody, ImportRow, VerdictKind

ORGANISER = (SignedIn(AccountRole.ORGANISER),)
PAGE = 50


class UploadQuery(Input):
    name: str | None = Field(default=None, max_length=400, description="The file's name, where the body is the file")


class ImportList(Body):
    """Newest first."""

    imports: list[ImportBody]


class RowsQuery(Input):
    verdict: VerdictKind | None = None
    offset: int = Field(default=0, ge=0, le=1_000_000)
    limit: int = Field(default=PAGE, ge=1, le=200)


class ImportRowBody(ImportRow):
    """A row with what is wrong with it, or why it is no data, in the reader's language."""

    reasons: tuple[str, ...] = ()


class ImportRows(Body):
    """In the workbook's order."""

    rows: list[ImportRowBody]


class Imports:
    """Workbooks are read outside the event loop, a few at a time."""

    def __init__(self) -> None:
        self._reader = WorkbookReader()

    async def upload(self, call: Call) -> ImportBody:
        imports, limit = call.actions.imports, call.parts.settings.max_upload_bytes
        file = await uploaded(call.request, limit, call.query(UploadQuery).name)
        needs = await imports.reading_needs(call.org)
        reading = await self._reader.reading(file.content, today=needs.today, existing=needs.existing, max_bytes=limit)
        return await imports.preview(call.org, file.name, file.content, reading, needs.today, call.by)

    async def faulty(self, call: Call) -> web.Response:
        kept = await call.actions.imports.workbook(call.org, _import(call))
        lang = _language(call)
        content = await self._reader.faulty(kept.content, today=kept.today, language=lang)
        return download(content, faulty_name(kept.file_name, lang), XLSX)


def faulty_name(file_name: str, lang: Language) -> str:
    """岗位.xls → 岗位-有错.xlsx"""
    return f"{file_name.rpartition('.')[0] or file_name}-{'有错' if lang == 'zh' else 'errors'}.xlsx"


async def listed(call: Call) -> ImportList:
    return ImportList(imports=list(await call.actions.imports.listed(call.org)))


async def one(call: Call) -> ImportBody:
    return await call.actions.imports.one(call.org, _import(call))


async def rows(call: Call) -> ImportRows:
    asked = call.query(RowsQuery)
    found = await call.actions.imports.rows(
        call.org, _import(call), asked.verdict, offset=asked.offset, limit=asked.limit
    )
    return ImportRows(rows=[_row(row, _language(call)) for row in found])


async def confirm(call: Call) -> ImportBody:
    return await call.actions.imports.confirm(call.org, _import(call), call.by)


async def undo(call: Call) -> ImportBody:
    return await call.actions.imports.undo(call.org, _import(call), call.by)


def _import(call: Call) -> ImportId:
    return ImportId(call.id("import_id", ImportNotFound))


def _language(call: Call) -> Language:
    return "en" if language(call.request) == "en" else "zh"


def _row(row: ImportRow, lang: Language) -> ImportRowBody:
    reasons = [
        fault_text(CellFault(SheetField(fault.field), Fault(fault.code), fault.cell), lang) for fault in row.faults
    ]
    if row.skipped:
        reasons.append(skip_text(SkipReason(row.skipped), lang))
    given = {name: getattr(row, name) for name in ImportRow.model_fields}
    return ImportRowBody(reasons=tuple(reasons), **given)


ONE = "/api/v1/imports/{import_id}"
READING_ERRORS = (WorkbookUnreadable, WorkbookEncrypted, WorkbookTooLarge, WorkbookTooLong, BodyTooLarge, BodyTooSlow)


def routes() -> tuple[Route, ...]:
    imports = Imports()
    return (
        Route(
            method="POST",
            path="/api/v1/imports",
            callers=ORGANISER,
            summary="Upload a workbook of jobs (.xlsx, .xls, .csv): a verdict for every row, no job yet",
            handler=imports.upload,
            query=UploadQuery,
            upload=True,
            answer=ImportBody,
            errors=READING_ERRORS,
        ),
        Route(
            method="GET",
            path="/api/v1/imports",
            callers=ORGANISER,
            summary="Imports, newest first",
            handler=listed,
            answer=ImportList,
        ),
        Route(
            method="GET",
            path=ONE,
            callers=ORGANISER,
            summary="One import and its counts",
            handler=one,
            answer=ImportBody,
            errors=(ImportNotFound,),
        ),
        Route(
            method="GET",
            path=f"{ONE}/rows",
            callers=ORGANISER,
            summary="Rows with their verdicts, a page at a time",
            handler=rows,
            query=RowsQuery,
            answer=ImportRows,
            errors=(ImportNotFound,),
        ),
        Route(
            method="POST",
            path=f"{ONE}/confirm",
            callers=ORGANISER,
            summary="Make the jobs, all or none; employers that are new are made unverified",
            handler=confirm,
            answer=ImportBody,
            errors=(ImportNotFound, ImportDone),
        ),
        Route(
            method="POST",
            path=f"{ONE}/undo",
            callers=ORGANISER,
            summary="Take its jobs back, until one was pushed or applied for",
            handler=undo,
            answer=ImportBody,
            errors=(ImportNotFound, ImportDone, ImportUsed),
        ),
        Route(
            method="GET",
            path=f"{ONE}/faulty",
            callers=ORGANISER,
            summary="The faulty rows as a workbook, each with what is wrong",
            handler=imports.faulty,
            media_type=XLSX,
            errors=(ImportNotFound, *READING_ERRORS[:4]),
        ),
    )
