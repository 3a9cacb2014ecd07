"""Several shows together as a workbook to take along: what its page shows, with charts, and what each figure counts."""

from datetime import datetime
from typing import Any

from admin.book import SUMMARY_WIDTHS, Book
from admin.files import Cell, Sheet, china_time
from admin.report_charts import WIDE, charts_page, funnel, over_shows, put_charts
from admin.series_tables import OF_CUTS, OF_REPORT, SeriesPart
from admin.words import Words
from stream_jobs.domain.cut_names import CUTS
from stream_jobs.domain.cuts import Cuts
from stream_jobs.domain.metrics import METRICS
from stream_jobs.domain.series import SeriesReport


def series_book(report: SeriesReport, cuts: Cuts, words: Words, made_at: datetime) -> bytes:
    """Takes up to seconds for thousands of jobs."""
    book = Book(words, made_at)
    tables = {part: table(report, words) for part, table in OF_REPORT.items()}
    tables |= {part: table(cuts, words) for part, table in OF_CUTS.items()}
    summary = tables.pop(SeriesPart.SUMMARY)
    name, as_of = part_name(SeriesPart.SUMMARY, words), _as_of(report, cuts, words)
    page = book.head(name, title(report, words), _about(report, words), _notes(words), as_of)
    book.write(page, 4, summary.columns, summary.rows, widths=SUMMARY_WIDTHS)
    charts = charts_page(book)
    steps = funnel(book, words.t("organiser.report.funnel"), report.funnel, report.figures)
    names = {part: book.add(part_name(part, words), table) for part, table in tables.items()}
    put_charts(charts, steps, _over_shows(book, names[SeriesPart.SHOWS], tables[SeriesPart.SHOWS]))
    book.definitions()
    _cuts(book)
    return book.close()


def title(report: SeriesReport, words: Words) -> str:
    """The series or the unit; everything has no name of its own."""
    return report.name if report.id or report.unit_id else words.t("series.everything")


def part_name(part: SeriesPart, words: Words) -> str:
    return words.t(f"series.part.{part}")


def days(report: SeriesReport) -> str:
    """From which day to which, where only those were asked for."""
    said = [day.isoformat() if day else "" for day in (report.since, report.until)]
    return "–".join(said) if any(said) else ""


def _about(report: SeriesReport, words: Words) -> str:
    said = (words.t("series.shows_held", n=report.figures.shows), days(report))
    return " · ".join(one for one in said if one)


def _notes(words: Words) -> str:
    return (" " if words.lang == "en" else "").join(words.t(f"series.{name}") for name in ("distinct", "cuts.note"))


def _as_of(report: SeriesReport, cuts: Cuts, words: Words) -> str:
    """The tables of jobs and so on are counted by themselves."""
    moments = sorted({china_time(one.as_of) or "" for one in (report, cuts)})
    return words.t("common.data_as_of", time="–".join(moments))


def _over_shows(book: Book, sheet: str, table: Sheet) -> Any | None:
    if not table.rows:
        return None
    visits, applications = (
        table.columns.index(METRICS[key].name(book.words.lang)) for key in ("visits", "applications")
    )
    chart = over_shows(book, sheet, len(table.rows), visits=visits, applications=applications)
    chart.set_size({"width": WIDE, "height": 440})
    return chart


def _cuts(book: Book) -> None:
    """How figures are broken down, in both languages."""
    rows: list[list[Cell]] = [
        [cut.name("zh-CN"), cut.meaning("zh-CN"), cut.name("en"), cut.meaning("en")] for cut in CUTS
    ]
    columns = ["怎么分", "一行是什么", "Cut", "What a line holds"]
    book.lines("数字怎么分", columns, rows, widths=(24, 60, 26, 60))
