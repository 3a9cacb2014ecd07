"""Reports as a workbook to take along: figures, charts over them, every cut, and what each figure counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from admin import report_tables
from admin.book import SUMMARY_WIDTHS, Book
from admin.columns import rate
from admin.files import Cell, china_time
from admin.form.figures import figures
from admin.report_charts import charts_page, curve, funnel, over_shows, put_charts
from admin.report_tables import Part
from admin.words import Words
from stream_jobs.domain.metrics import METRICS, OF_LINES, Ratio, every_metric
from stream_jobs.ports import Report

CUTS = (Part.CARDS, Part.EMPLOYERS, Part.CHANNELS, Part.TIMES, Part.REGIONS, Part.PRIORITIES, Part.PLATFORM)


def report_book(report: Report, words: Words, made_at: datetime) -> bytes:
    """One show: sentence, funnel and curve with their charts, every metric, every cut. Takes up to a second."""
    book = Book(words, made_at)
    if report.counted:
        _summary(book, report)
        charts = charts_page(book)
        steps = funnel(book, words.t("organiser.report.funnel"), report.funnel, report.figures.applied)
        put_charts(charts, steps, curve(book, report))
        for part in CUTS:
            book.add(words.t(f"organiser.report.part.{part.value}"), report_tables.table(report, part, words))
        book.definitions()
    else:
        book.lines(words.t("organiser.report.part.summary"), [words.t("organiser.report.rehearsal")], [])
    return book.close()


class ShowsBook:
    """Several shows: a line for each with every metric, a chart over them, and every cut with its show beside it."""

    def __init__(self, words: Words, made_at: datetime) -> None:
        self._words = words
        self._made_at = made_at
        self._shows: list[list[Cell]] = []
        self._cuts: dict[Part, tuple[Sequence[str], list[list[Cell]]]] = {}

    def add(self, report: Report) -> None:
        self._shows.append(show_line(report))
        for part in CUTS:
            table = report_tables.table(report, part, self._words)
            _, rows = self._cuts.setdefault(part, (table.columns, []))
            rows += [[report.broadcast.title, china_time(report.broadcast.started_at), *row] for row in table.rows]

    def close(self) -> bytes:
        """Takes up to seconds for a year of shows."""
        words = self._words
        book = Book(words, self._made_at)
        name = book.lines(words.t("exports.column.broadcast"), show_columns(words), self._shows)
        if last := len(self._shows):
            places = {metric.key: nth + len(SHOW_FACTS) for nth, metric in enumerate(OF_SHOWS)}
            chart = over_shows(book, name, last, visits=places["visits"], applications=places["applications"])
            book.put_chart(name, chart, row=last + 2, column=0, width=960, height=340)
        for part, (columns, rows) in self._cuts.items():
            names = [words.t("exports.column.broadcast"), words.t("common.when"), *columns]
            book.lines(words.t(f"organiser.report.part.{part.value}"), names, rows)
        book.definitions()
        return book.close()


OF_SHOWS = [metric for metric in every_metric() if metric.key not in OF_LINES]
SHOW_FACTS = ("broadcast", "date", "platform", "series", "unit", "host")


def show_columns(words: Words) -> list[str]:
    """Which show, every metric that a whole show has, and as of when."""
    facts = [words.t(f"exports.fact.{fact}") for fact in SHOW_FACTS]
    return [*facts, *(metric.name(words.lang) for metric in OF_SHOWS), words.t("exports.fact.as_of")]


def show_line(report: Report) -> list[Cell]:
    """Numbers as they are, lengths as the registry counts them, nothing where there is none."""
    show, own = report.broadcast, figures(report)
    facts: list[Cell] = [show.title, china_time(show.started_at), show.platform, show.series, show.unit, show.host]
    return [*facts, *(_cell(metric.key, own) for metric in OF_SHOWS), china_time(report.as_of)]


def _cell(key: str, own: Mapping[str, Any]) -> Cell:
    figure = own.get(key)
    return rate(METRICS[key], figure) if isinstance(figure, Ratio) else figure


# ── one show's sheets ─────────────────────────────────────────────────────────────────────────────────────────


def _summary(book: Book, report: Report) -> None:
    words, show = book.words, report.broadcast
    when = report_tables.when(show.started_at or show.starts_at, show.ended_at)
    about = [when, show.platform, show.unit, show.host, show.series]
    page = book.head(
        words.t("organiser.report.part.summary"),
        show.title,
        " · ".join(one for one in about if one),
        report_tables.sentence(report, words),
        words.t("common.data_as_of", time=china_time(report.as_of)),
    )
    table = report_tables.table(report, Part.SUMMARY, words)
    book.write(page, 4, table.columns, table.rows, widths=SUMMARY_WIDTHS)
