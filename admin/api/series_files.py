"""Several shows together as files: everything the page shows as a workbook, any one of its tables as a CSV."""

import asyncio

from aiohttp import web

from admin.api.several import DaysQuery, of_each_place, shows_asked
from admin.call import Call
from admin.declare import Route
from admin.files import XLSX, Sheet, csv_file, download, file_name
from admin.html import Html
from admin.series_book import days, part_name, series_book, title
from admin.series_tables import OF_CUTS, OF_REPORT, SeriesPart
from admin.words import Words, language
from stream_jobs.ports.series import ShowsOf


class SeriesPartQuery(DaysQuery):
    part: SeriesPart = SeriesPart.SUMMARY


class SeriesFiles:
    def __init__(self, html: Html) -> None:
        self._html = html

    async def book(self, call: Call) -> web.Response:
        shows, words = shows_asked(call), self._html.words(language(call.request))
        report = await call.actions.series.report(call.org, shows)
        cuts = await call.actions.cuts.cuts(call.org, shows)
        content = await asyncio.to_thread(series_book, report, cuts, words, call.parts.clock())
        name = file_name(title(report, words), days(report), words.t("programme.nav.reports"), ending=".xlsx")
        return download(content, name, XLSX)

    async def table(self, call: Call) -> web.Response:
        shows, words = shows_asked(call), self._html.words(language(call.request))
        part = call.query(SeriesPartQuery).part
        report = await call.actions.series.report(call.org, shows)
        sheet = OF_REPORT[part](report, words) if part in OF_REPORT else await _cut(call, shows, part, words)
        name = file_name(title(report, words), days(report), part_name(part, words), ending=".csv")
        return download(csv_file(sheet), name, "text/csv")


async def _cut(call: Call, shows: ShowsOf, part: SeriesPart, words: Words) -> Sheet:
    return OF_CUTS[part](await call.actions.cuts.cuts(call.org, shows), words)


def routes(html: Html) -> tuple[Route, ...]:
    own = SeriesFiles(html)
    return (
        *of_each_place(
            "report.xlsx",
            "The report and the cuts of several shows as a workbook: figures, charts, every table, definitions",
            own.book,
            media_type=XLSX,
        ),
        *of_each_place(
            "report.csv",
            "One table of the report or the cuts of several shows; opens in Excel and WPS",
            own.table,
            query=SeriesPartQuery,
            media_type="text/csv",
        ),
    )
