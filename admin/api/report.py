"""The report of a show: figures, tables to take along, the form for upstairs, and what platforms said."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from aiohttp import web
from pydantic import Field

from admin import report_tables
from admin.api.public import BROADCAST
from admin.api.shapes import Input, Said
from admin.call import Call, json_response
from admin.declare import Route, SignedIn
from admin.files import XLSX, csv_file, download, file_name, xlsx_file
from admin.html import Html
from admin.report_book import report_book
from admin.report_tables import Part
from admin.words import LANGUAGES, language
from stream_jobs.actions.forms import ShowsWanted
from stream_jobs.domain.cut_names import CUTS
from stream_jobs.domain.errors import BadInput, BroadcastNotFound
from stream_jobs.domain.events import Body
from stream_jobs.domain.ids import BroadcastId
from stream_jobs.domain.metrics import METRICS, UNITS, Ratio, ShownAs, every_metric
from stream_jobs.domain.series import StillCounting
from stream_jobs.domain.vetting import CHINA, china_date
from stream_jobs.ports import AccountRole, PlatformMetric, Report, TypedFigure

ORGANISER = (SignedIn(AccountRole.ORGANISER),)
# A form for a year of weekly shows, each counted on the spot.
MOST_SHOWS = 60
MOST_DAYS = 366
# Days near the ends of the calendar have no day before or after them.
YEARS = range(2020, 2100)


class MetricFigure(Body):
    """One metric of the whole show: a count, both terms of a rate, or null while there is none."""

    metric: str
    value: int | Ratio | None


class ReportBody(Report):
    """A report, and every metric of the whole show as its files say it, in the order of the registry."""

    summary: tuple[MetricFigure, ...]


class ReportAnswer(Body):
    """All figures of one moment, and the sentence made of them in each language."""

    report: ReportBody
    sentence: dict[str, str]


class ReportsAnswer(Body):
    """Whole reports, the oldest show first; next_cursor is null on the last page."""

    reports: list[ReportBody]
    next_cursor: UUID | None


class MetricBody(Body):
    """One metric: names, what it counts or divides, how it is told, and its definition, by language.

    since: the version of this product that counted it first.
    """

    key: str
    name: dict[str, str]
    term: dict[str, str]
    definition: dict[str, str]
    unit: dict[str, str] | None
    numerator: str | None
    denominator: str | None
    per: int
    shown_as: ShownAs
    window: str
    since: str


class CutBody(Body):
    """One way in which a report breaks figures down, by language."""

    key: str
    name: dict[str, str]
    definition: dict[str, str]


class Metrics(Body):
    metrics: list[MetricBody]
    cuts: list[CutBody]


class PartQuery(Input):
    part: Part = Part.SUMMARY


class DaysQuery(Input):
    since: date | None = Field(default=None, description="The first day, China's calendar; without it, a year back")
    until: date | None = Field(default=None, description="The last day; without it, today")


class FormShowsQuery(DaysQuery):
    series: str | None = Field(default=None, max_length=200, description="All shows of the series of this name")


class ReportsQuery(FormShowsQuery):
    cursor: UUID | None = Field(default=None, description="next_cursor of the page before")
    limit: int = Field(default=10, ge=1, le=20)


class PlatformFigureRequest(Input):
    platform: Said = Field(max_length=40)
    metric: PlatformMetric
    value: int | None = Field(ge=0, le=10**12, description="null takes the figure away")


class PlatformFiguresRequest(Input):
    figures: list[PlatformFigureRequest] = Field(min_length=1, max_length=50)


class ReportRoutes:
    def __init__(self, html: Html) -> None:
        self._html = html

    async def report(self, call: Call) -> ReportAnswer:
        return self._answer(await call.actions.report.report(call.org, call.broadcast))

    async def table(self, call: Call) -> web.Response:
        report = await call.actions.report.report_now(call.org, call.broadcast)
        part, words = call.query(PartQuery).part, self._html.words(language(call.request))
        sheet = report_tables.table(report, part, words)
        said = words.t(f"organiser.report.part.{part.value}")
        return download(csv_file(sheet), file_name(report.broadcast.title, said, ending=".csv"), "text/csv")

    async def book(self, call: Call) -> web.Response:
        report = await call.actions.report.report_now(call.org, call.broadcast)
        words = self._html.words(language(call.request))
        content = await asyncio.to_thread(report_book, report, words, call.parts.clock())
        return download(
            content, file_name(report.broadcast.title, words.t("programme.nav.reports"), ending=".xlsx"), XLSX
        )

    async def form(self, call: Call) -> web.Response:
        report = await call.actions.report.report_now(call.org, call.broadcast)
        return await self._form(call, [report], report.broadcast.title)

    async def forms(self, call: Call) -> web.Response:
        asked = call.query(FormShowsQuery)
        since, until = checked_days(call, asked.since, asked.until)
        if asked.series is None:
            reports = await call.actions.report.reports_of(call.org, since, until, most=MOST_SHOWS)
            return await self._form(call, reports, f"{since}–{until}")
        counted = await call.actions.forms.counted(call.org, ShowsWanted(series=asked.series), most=MOST_SHOWS)
        return await self._form(call, counted.reports, asked.series)

    async def reports(self, call: Call) -> ReportsAnswer:
        asked = call.query(ReportsQuery)
        since, until = checked_days(call, asked.since, asked.until)
        wanted = ShowsWanted(series=asked.series, since=since, until=until)
        after = BroadcastId(asked.cursor) if asked.cursor else None
        page = await call.actions.forms.page(call.org, wanted, after=after, limit=asked.limit)
        return ReportsAnswer(reports=[_body(report) for report in page.reports], next_cursor=page.last)

    async def set_platform_figures(self, call: Call) -> ReportAnswer:
        typed = [TypedFigure(one.platform, one.metric, one.value) for one in call.body(PlatformFiguresRequest).figures]
        await call.actions.report.set_platform_figures(call.org, call.broadcast, typed, call.by)
        return self._answer(await call.actions.report.report_now(call.org, call.broadcast))

    def _answer(self, report: Report) -> ReportAnswer:
        said = {lang: report_tables.sentence(report, self._html.words(lang)) for lang in LANGUAGES}
        return ReportAnswer(report=_body(report), sentence=said)

    async def _form(self, call: Call, reports: Sequence[Report], name: str) -> web.Response:
        sheets = report_tables.form(reports, call.by.name)
        content = await asyncio.to_thread(xlsx_file, sheets, call.parts.clock())
        return download(content, file_name(report_tables.FORM, name, ending=".xlsx"), XLSX)


def _body(report: Report) -> ReportBody:
    told = dict(report_tables.summary(report))
    keys = [key for key in METRICS if key in told or key in report_tables.PACE]
    summary = tuple(MetricFigure(metric=key, value=told.get(key)) for key in keys)
    return ReportBody.model_construct(**dict(report), summary=summary)


async def metrics(_: Call) -> web.Response:
    return json_response(registry(), cache="public, max-age=300")


def registry() -> Metrics:
    """The registry of stream_jobs/domain/metrics.py as the pages read it."""
    return Metrics(
        metrics=[
            MetricBody(
                key=metric.key,
                name={lang: metric.name(lang) for lang in LANGUAGES},
                term={lang: metric.term(lang) for lang in LANGUAGES},
                definition={lang: metric.definition(lang) for lang in LANGUAGES},
                unit=dict(zip(LANGUAGES, UNITS[metric.unit][:2], strict=True)) if metric.unit else None,
                numerator=metric.numerator,
                denominator=metric.denominator,
                per=metric.per,
                shown_as=metric.shown_as,
                window=metric.window,
                since=metric.since,
            )
            for metric in every_metric()
        ],
        cuts=[
            CutBody(
                key=cut.key,
                name={lang: cut.name(lang) for lang in LANGUAGES},
                definition={lang: cut.meaning(lang) for lang in LANGUAGES},
            )
            for cut in CUTS
        ],
    )


def checked_days(call: Call, first: date | None, last: date | None) -> tuple[date, date]:
    """The last year where nothing is said. Raises BadInput for more than a year, or a last day before the first."""
    for name, day in (("since", first), ("until", last)):
        if day is not None and day.year not in YEARS:
            raise BadInput(field=name, expected=f"a day between {YEARS.start} and {YEARS.stop}")
    until = last or china_date(call.parts.clock().astimezone(CHINA))
    since = first or until - timedelta(days=MOST_DAYS)
    if not timedelta(0) <= until - since <= timedelta(days=MOST_DAYS):
        raise BadInput(field="since", expected=f"a day before until, at most {MOST_DAYS} days")
    return since, until


def routes(html: Html) -> tuple[Route, ...]:
    own = ReportRoutes(html)
    return (
        Route(
            method="GET",
            path=f"{BROADCAST}/report",
            callers=ORGANISER,
            summary="All figures of a show at one moment, counted at most twice a second",
            handler=own.report,
            answer=ReportAnswer,
            errors=(BroadcastNotFound,),
        ),
        Route(
            method="GET",
            path="/api/v1/reports",
            callers=ORGANISER,
            summary="Whole reports of a series' shows, or of days', a page at a time",
            handler=own.reports,
            query=ReportsQuery,
            answer=ReportsAnswer,
        ),
        Route(
            method="GET",
            path=f"{BROADCAST}/report.csv",
            callers=ORGANISER,
            summary="One table of the report; opens in Excel and WPS",
            handler=own.table,
            query=PartQuery,
            media_type="text/csv",
            errors=(BroadcastNotFound,),
        ),
        Route(
            method="GET",
            path=f"{BROADCAST}/report.xlsx",
            callers=ORGANISER,
            summary="The whole report: figures, charts, every cut, definitions",
            handler=own.book,
            media_type=XLSX,
            errors=(BroadcastNotFound,),
        ),
        Route(
            method="GET",
            path=f"{BROADCAST}/activity-form.xlsx",
            callers=ORGANISER,
            summary="直播带岗活动情况统计表 of one show",
            handler=own.form,
            media_type=XLSX,
            errors=(BroadcastNotFound,),
        ),
        Route(
            method="GET",
            path="/api/v1/activity-form.xlsx",
            callers=ORGANISER,
            summary=f"The same, a row for each of the newest {MOST_SHOWS} shows of these days or of a series",
            handler=own.forms,
            query=FormShowsQuery,
            media_type=XLSX,
            errors=(StillCounting,),
        ),
        Route(
            method="PUT",
            path=f"{BROADCAST}/platform-figures",
            callers=ORGANISER,
            summary="Type in what a platform's own page says",
            handler=own.set_platform_figures,
            body=PlatformFiguresRequest,
            answer=ReportAnswer,
            errors=(BroadcastNotFound,),
        ),
        Route(
            method="GET",
            path="/api/v1/metrics",
            callers=(SignedIn(),),
            summary="Every metric (names, what counts as one, numerator, denominator, definition) and every cut",
            handler=metrics,
            answer=Metrics,
        ),
    )
