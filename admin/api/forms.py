"""A bureau's own forms: kept by name, what each mark will become, and the form filled in."""

from uuid import UUID

from aiohttp import web
from pydantic import Field

from admin.api.report import MOST_SHOWS, FormShowsQuery, checked_days
from admin.api.shapes import Input, Said
from admin.call import Call
from admin.declare import Route, SignedIn
from admin.files import XLSX, download, file_name
from admin.form.figures import Asker, filling
from admin.form.reading import FormMark
from admin.import_reader import WorkbookReader
from admin.problems import BodyTooLarge, BodyTooSlow
from admin.upload import uploaded
from admin.words import language
from stream_jobs.actions.forms import NAME_CHARACTERS, ShowsWanted, good_file_name
from stream_jobs.domain.errors import BroadcastNotFound
from stream_jobs.domain.events import Body
from stream_jobs.domain.form.errors import FormHasMacros, FormNotFound, FormNotXlsx, FormWithoutMarks
from stream_jobs.domain.form.marks import every_key, name_of, nearest
from stream_jobs.domain.form.values import Filling, as_text
from stream_jobs.domain.ids import BroadcastId, FormId
from stream_jobs.domain.job_sheet import WorkbookTooLarge, WorkbookTooLong, WorkbookUnreadable
from stream_jobs.domain.metrics import METRICS
from stream_jobs.domain.programme import NameTaken
from stream_jobs.domain.series import StillCounting
from stream_jobs.ports import AccountRole
from stream_jobs.ports.forms import FormBody, FormFile

ORGANISER = (SignedIn(AccountRole.ORGANISER),)
READING_ERRORS = (
    WorkbookUnreadable,
    WorkbookTooLarge,
    WorkbookTooLong,
    FormNotXlsx,
    FormHasMacros,
    FormWithoutMarks,
    BodyTooLarge,
    BodyTooSlow,
)


class FormList(Body):
    """By name."""

    forms: list[FormBody]


class FormUploadQuery(Input):
    name: str | None = Field(default=None, max_length=400, description="The file's name, where the body is the file")
    title: str | None = Field(default=None, max_length=NAME_CHARACTERS, description="The form's name; else the file's")


class FormFileQuery(Input):
    name: str | None = Field(default=None, max_length=400, description="The file's name, where the body is the file")


class FormRename(Input):
    name: Said = Field(max_length=NAME_CHARACTERS)


class FilledQuery(FormShowsQuery):
    """One show, a series, or days; without any, the days of the last year."""

    broadcast_id: UUID | None = None


class MarkBody(Body):
    """One mark: where it stands, what it means and what it becomes.

    shown: of the first show where it is of each; null for a mark nobody knows. problem: unknown, or in_formula.
    nearest: names that may have been meant.
    """

    sheet: str
    cell: str
    mark: str
    key: str | None
    name: str | None
    each: bool
    shown: str | None
    definition: str | None
    problem: str | None
    nearest: list[str]


class FormPreview(Body):
    """Every mark of a form with what it becomes for these shows."""

    form: FormBody
    shows: list[str]
    marks: list[MarkBody]


class MarkName(Body):
    """A name a mark may have."""

    key: str
    name: dict[str, str]
    is_metric: bool


class MarkNames(Body):
    names: list[MarkName]


class Forms:
    """Workbooks are read and filled outside the event loop, a few at a time."""

    def __init__(self) -> None:
        self._reader = WorkbookReader()

    async def upload(self, call: Call) -> FormBody:
        asked = call.query(FormUploadQuery)
        file = await self._file(call, asked.name)
        return await call.actions.forms.keep(call.org, file, call.by, name=asked.title)

    async def replace(self, call: Call) -> FormBody:
        form = _form(call)
        await call.actions.forms.file(call.org, form)
        file = await self._file(call, call.query(FormFileQuery).name)
        return await call.actions.forms.replace(call.org, form, file, call.by)

    async def _file(self, call: Call, name: str | None) -> FormFile:
        sent = await uploaded(call.request, call.parts.settings.max_upload_bytes, name)
        marks = await self._reader.form_marks(sent.content)
        unknown = sum(one.mark.key is None for one in marks)
        return FormFile(good_file_name(sent.name), sent.content, len(marks), unknown)

    async def preview(self, call: Call) -> FormPreview:
        form, file = await call.actions.forms.file(call.org, _form(call))
        marks = await self._reader.form_marks(file.content)
        filled, titles = await self._filling(call)
        lang = language(call.request)
        return FormPreview(form=form, shows=titles, marks=[_mark(one, filled, lang) for one in marks])

    async def filled(self, call: Call) -> web.Response:
        form, file = await call.actions.forms.file(call.org, _form(call))
        filled, titles = await self._filling(call)
        content = await self._reader.filled_form(file.content, filled)
        about = titles[0] if len(titles) == 1 else f"{filled.whole['first_day'] or ''}–{filled.whole['last_day'] or ''}"
        return download(content, file_name(form.name, about, ending=".xlsx"), XLSX)

    async def _filling(self, call: Call) -> tuple[Filling, list[str]]:
        """The values, and the titles of the shows they are of."""
        asked = call.query(FilledQuery)
        since, until = checked_days(call, asked.since, asked.until)
        wanted = ShowsWanted(
            broadcast_id=BroadcastId(asked.broadcast_id) if asked.broadcast_id else None,
            series=asked.series,
            since=since,
            until=until,
        )
        counted = await call.actions.forms.counted(call.org, wanted, most=MOST_SHOWS)
        organiser = counted.reports[0].broadcast.organiser if counted.reports else ""
        asker = Asker(call.by.name, organiser, call.parts.clock())
        return filling(counted, asker), [report.broadcast.title for report in counted.reports]


async def listed(call: Call) -> FormList:
    return FormList(forms=list(await call.actions.forms.listed(call.org)))


async def original(call: Call) -> web.Response:
    _, file = await call.actions.forms.file(call.org, _form(call))
    return download(file.content, file.file_name, XLSX)


async def rename(call: Call) -> FormBody:
    return await call.actions.forms.rename(call.org, _form(call), call.body(FormRename).name)


async def remove(call: Call) -> None:
    await call.actions.forms.remove(call.org, _form(call))


async def names(_: Call) -> MarkNames:
    return mark_names()


def mark_names() -> MarkNames:
    """Facts first, then every metric of the registry."""
    return MarkNames(
        names=[
            MarkName(key=key, name={lang: name_of(key, lang) for lang in ("zh-CN", "en")}, is_metric=key in METRICS)
            for key in every_key()
        ]
    )


def _mark(one: FormMark, filled: Filling, lang: str) -> MarkBody:
    mark, key = one.mark, one.mark.key
    values = (filled.each[0] if filled.each else {}) if mark.each else filled.whole
    problem = "unknown" if key is None else "in_formula" if one.in_formula else None
    return MarkBody(
        sheet=one.sheet,
        cell=one.cell,
        mark=mark.text,
        key=key,
        name=name_of(key, lang) if key else None,
        each=mark.each,
        shown=as_text(values.get(key)) if key and not problem else None,
        definition=METRICS[key].definition(lang) if key in METRICS else None,
        problem=problem,
        nearest=list(nearest(mark, lang)) if key is None else [],
    )


def _form(call: Call) -> FormId:
    return FormId(call.id("form_id", FormNotFound))


ONE = "/api/v1/forms/{form_id}"


def routes() -> tuple[Route, ...]:
    forms = Forms()
    return (
        Route(
            method="POST",
            path="/api/v1/forms",
            callers=ORGANISER,
            summary="Keep a workbook with marks such as {{报名人数}} as a form (.xlsx)",
            handler=forms.upload,
            query=FormUploadQuery,
            upload=True,
            answer=FormBody,
            errors=(NameTaken, *READING_ERRORS),
        ),
        Route(
            method="GET",
            path="/api/v1/forms",
            callers=ORGANISER,
            summary="Forms by name",
            handler=listed,
            answer=FormList,
        ),
        Route(
            method="GET",
            path="/api/v1/form-marks",
            callers=ORGANISER,
            summary="Every name a mark may have",
            handler=names,
            answer=MarkNames,
        ),
        Route(
            method="GET",
            path=f"{ONE}/preview",
            callers=ORGANISER,
            summary="Every mark with the cell it stands in and what it becomes for these shows",
            handler=forms.preview,
            query=FilledQuery,
            answer=FormPreview,
            errors=(FormNotFound, BroadcastNotFound, StillCounting),
        ),
        Route(
            method="GET",
            path=f"{ONE}/filled.xlsx",
            callers=ORGANISER,
            summary=f"The form filled in for a show, a series or days, of at most {MOST_SHOWS} shows",
            handler=forms.filled,
            query=FilledQuery,
            media_type=XLSX,
            errors=(FormNotFound, BroadcastNotFound, StillCounting),
        ),
        Route(
            method="GET",
            path=f"{ONE}/file",
            callers=ORGANISER,
            summary="The workbook as it was uploaded",
            handler=original,
            media_type=XLSX,
            errors=(FormNotFound,),
        ),
        Route(
            method="PUT",
            path=f"{ONE}/file",
            callers=ORGANISER,
            summary="Another workbook under the same name",
            handler=forms.replace,
            query=FormFileQuery,
            upload=True,
            answer=FormBody,
            errors=(FormNotFound, *READING_ERRORS),
        ),
        Route(
            method="PATCH",
            path=ONE,
            callers=ORGANISER,
            summary="Another name",
            handler=rename,
            body=FormRename,
            answer=FormBody,
            errors=(FormNotFound, NameTaken),
        ),
        Route(
            method="DELETE",
            path=ONE,
            callers=ORGANISER,
            summary="Forget a form",
            handler=remove,
            errors=(FormNotFound,),
        ),
    )
