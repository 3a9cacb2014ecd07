"""Reports as a workbook to take along: figures, charts over them, every cut, and what each figure counts."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from admin import report_tables
from admin.cell_size import letters, row_points
from admin.files import Cell, Share, china_time
from admin.form.figures import figures
from admin.report_tables import Part
from admin.words import Words
from stream_jobs.domain.following import MILESTONES
from stream_jobs.domain.form.values import Duration, shown
from stream_jobs.domain.metrics import METRICS, Ratio, every_metric
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import Report

CUTS = (Part.CARDS, Part.EMPLOYERS, Part.CHANNELS, Part.TIMES, Part.REGIONS, Part.PRIORITIES, Part.PLATFORM)
WIDE = 60
CHART_WIDE = 1080
# The tokens of the pages: ours, and the quiet second.
BLUE, ORANGE, GREY = "#1D4ED8", "#C2410C", "#6B7280"


def report_book(report: Report, words: Words, made_at: datetime) -> bytes:
    """One show: sentence, funnel and curve with their charts, every metric, every cut. Takes up to a second."""
    book = _Book(words, made_at)
    if report.counted:
        _summary(book, report)
        charts = book.page(words.t("exports.chart.sheet"))
        charts.fit_to_pages(1, 1)
        charts.hide_gridlines(2)
        charts.insert_chart(0, 0, _funnel(book, report))
        if curve := _curve(book, report):
            charts.insert_chart(18, 0, curve)
        for part in CUTS:
            book.add(words.t(f"organiser.report.part.{part.value}"), report_tables.table(report, part, words))
        _definitions(book)
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
        book = _Book(words, self._made_at)
        self._chart(book, book.lines(words.t("exports.column.broadcast"), show_columns(words), self._shows))
        for part, (columns, rows) in self._cuts.items():
            names = [words.t("exports.column.broadcast"), words.t("common.when"), *columns]
            book.lines(words.t(f"organiser.report.part.{part.value}"), names, rows)
        _definitions(book)
        return book.close()

    def _chart(self, book: "_Book", name: str) -> None:
        if not self._shows:
            return
        places = {metric.key: nth + len(SHOW_FACTS) for nth, metric in enumerate(every_metric())}
        last = len(self._shows)

        def series(key: str, colour: str, **more: Any) -> dict[str, Any]:
            return {
                "name": METRICS[key].name(self._words.lang),
                "categories": [name, 1, 0, last, 0],
                "values": [name, 1, places[key], last, places[key]],
                "fill": {"color": colour},
                "line": {"color": colour, "width": 2},
                **more,
            }

        chart = book.chart("column", self._words.t("exports.column.broadcast"))
        chart.add_series(series("visits", BLUE))
        line = book.raw.add_chart({"type": "line"})
        line.add_series(series("applications", ORANGE, y2_axis=True, marker={"type": "circle"}))
        chart.combine(line)
        chart.set_y_axis({"name": METRICS["visits"].name(self._words.lang), "major_gridlines": {"visible": False}})
        line.set_y2_axis({"name": METRICS["applications"].name(self._words.lang)})
        book.put_chart(name, chart, row=last + 2, column=0, width=960, height=340)


SHOW_FACTS = ("broadcast", "date", "platform", "series", "unit", "host")


def show_columns(words: Words) -> list[str]:
    """Which show, every metric of the registry, and as of when."""
    facts = [words.t(f"exports.fact.{fact}") for fact in SHOW_FACTS]
    return [*facts, *(metric.name(words.lang) for metric in every_metric()), words.t("exports.fact.as_of")]


def show_line(report: Report) -> list[Cell]:
    """Numbers as they are, lengths as the registry counts them, nothing where there is none."""
    show, own = report.broadcast, figures(report)
    facts: list[Cell] = [show.title, china_time(show.started_at), show.platform, show.series, show.unit, show.host]
    return [*facts, *(_cell(metric.key, own) for metric in every_metric()), china_time(report.as_of)]


def _cell(key: str, own: Mapping[str, Any]) -> Cell:
    figure = own.get(key)
    if not isinstance(figure, Ratio):
        return figure
    said = shown(key, figure)
    if isinstance(said, Duration):
        return int(figure.value or 0)
    return report_tables.percent(figure) if isinstance(said, Ratio) else said


# ── one show's sheets ─────────────────────────────────────────────────────────────────────────────────────────


def _summary(book: "_Book", report: Report) -> None:
    words, show = book.words, report.broadcast
    page = book.page(words.t("organiser.report.part.summary"))
    page.merge_range(0, 0, 0, 4, show.title, book.styles["title"])
    when = report_tables.when(show.started_at or show.starts_at, show.ended_at)
    about = [when, show.platform, show.unit, show.host, show.series]
    page.merge_range(1, 0, 1, 4, " · ".join(one for one in about if one), book.styles["quiet"])
    page.merge_range(2, 0, 2, 4, report_tables.sentence(report, words), book.styles["sentence"])
    page.set_row(0, 28)
    page.set_row(2, 64)
    page.merge_range(3, 0, 3, 4, words.t("common.data_as_of", time=china_time(report.as_of)), book.styles["quiet"])
    table = report_tables.table(report, Part.SUMMARY, words)
    book.write(page, 4, table.columns, table.rows, widths=(26, 14, 12, 12, 90))


def _funnel(book: "_Book", report: Report) -> Any:
    """Its figures on a sheet of their own; the chart over them."""
    words = book.words
    name = words.t("organiser.report.funnel")
    columns = [words.t("exports.chart.step"), words.t("exports.chart.devices"), METRICS["implied"].name(words.lang),
               words.t("exports.chart.over_previous"), words.t("exports.chart.over_first")]  # fmt: skip
    rows: list[list[Cell]] = [
        [METRICS[step.metric].name(words.lang), step.count, step.implied,
         report_tables.percent(step.over_previous) if step.over_previous else None,
         report_tables.percent(step.over_first) if step.over_first else None]
        for step in report.funnel
    ]  # fmt: skip
    after = ("applicants", *MILESTONES)
    applied = report.figures.applied
    people: list[list[Cell]] = [[METRICS[key].name(words.lang), getattr(applied, key) or 0] for key in after]
    name = book.lines(name, columns, rows)
    page = book.raw.get_worksheet_by_name(name)
    top = len(rows) + 2
    book.write(page, top, [words.t("exports.chart.after"), words.t("exports.chart.people")], people, freeze=False)
    chart = book.chart("bar", name)
    last = len(rows)
    chart.add_series({"name": columns[1], "categories": [name, 1, 0, last, 0], "values": [name, 1, 1, last, 1],
                      "fill": {"color": BLUE}, "gap": 40,
                      "data_labels": {"value": True, "num_format": "#,##0"}})  # fmt: skip
    chart.set_y_axis({"reverse": True, "line": {"none": True}})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_legend({"none": True})
    chart.set_size({"width": CHART_WIDE, "height": 340})
    return chart


def _curve(book: "_Book", report: Report) -> Any | None:
    """The same; None for a show that was never on air."""
    words, curve = book.words, report.curve
    if curve.from_at is None or not curve.watching:
        return None
    pushed = _pushes(report)
    columns = [words.t("exports.chart.time"), METRICS["peak"].name(words.lang),
               METRICS["applications"].name(words.lang), words.t("exports.chart.pushes")]  # fmt: skip
    starts = [curve.from_at.timestamp() + nth * curve.bucket_seconds for nth in range(len(curve.watching))]
    shape = "%H:%M" if curve.bucket_seconds % 60 == 0 else "%H:%M:%S"
    times = [datetime.fromtimestamp(start, CHINA).strftime(shape) for start in starts]
    rows: list[list[Cell]] = [
        [time, watching, applications, "、".join(pushed.get(nth, ())) or None]
        for nth, (time, watching, applications) in enumerate(
            zip(times, curve.watching, curve.applications, strict=True)
        )
    ]
    name = book.lines(words.t("organiser.report.curve"), columns, rows, widths=(12, 14, 12, 24))
    last = len(rows)
    labels = [{"value": "、".join(pushed[nth])} if nth in pushed else {"delete": True} for nth in range(last)]
    chart = book.raw.add_chart({"type": "line"})
    chart.set_title({"name": name, "name_font": {"size": 12}})
    chart.add_series({"name": columns[1], "categories": [name, 1, 0, last, 0], "values": [name, 1, 1, last, 1],
                      "line": {"color": BLUE, "width": 2.25},
                      "data_labels": {"value": True, "position": "above", "custom": labels,
                                      "font": {"color": GREY, "size": 8}}})  # fmt: skip
    columns_chart = book.raw.add_chart({"type": "column"})
    columns_chart.add_series({"name": columns[2], "categories": [name, 1, 0, last, 0], "values": [name, 1, 2, last, 2],
                              "fill": {"color": ORANGE}, "y2_axis": True})  # fmt: skip
    chart.combine(columns_chart)
    chart.set_x_axis({"interval_unit": max(1, last // 8), "interval_tick": max(1, last // 8)})
    chart.set_y_axis({"name": columns[1], "min": 0, "major_gridlines": {"visible": True, "line": {"color": "#E5E7EB"}}})
    # Applications in the lower third: two scales that do not cross.
    columns_chart.set_y2_axis({"name": columns[2], "min": 0, "max": max(3, 3 * max(curve.applications, default=0))})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": CHART_WIDE, "height": 440})
    return chart


def _pushes(report: Report) -> dict[int, list[str]]:
    """The labels of what was pushed, by step of the curve."""
    curve = report.curve
    pushed: dict[int, list[str]] = {}
    if curve.from_at is not None and curve.bucket_seconds:
        for mark in curve.marks:
            nth = int((mark.at - curve.from_at).total_seconds()) // curve.bucket_seconds
            pushed.setdefault(min(nth, len(curve.watching) - 1), []).append(mark.label)
    return pushed


def _definitions(book: "_Book") -> None:
    rows: list[list[Cell]] = [
        [metric.name("zh-CN"), metric.definition("zh-CN"), metric.name("en"), metric.definition("en"), metric.key,
         metric.since]
        for metric in every_metric()
    ]  # fmt: skip
    columns = ["指标", "怎么算", "Metric", "How it is counted", "代号 key", "起始版本 since"]
    book.lines("指标说明", columns, rows, widths=(24, 60, 26, 60, 24, 8))


class _Book:
    """A workbook under way; text is written as text and shares as numbers."""

    def __init__(self, words: Words, made_at: datetime) -> None:
        self.words = words
        self._content = io.BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self.raw = xlsxwriter.Workbook(self._content, options)
        self.raw.set_properties({"created": made_at.astimezone(CHINA).replace(tzinfo=None)})
        wrapped = {"text_wrap": True, "valign": "top"}
        self.styles = {
            "title": self.raw.add_format({"bold": True, "font_size": 16, "valign": "vcenter"}),
            "quiet": self.raw.add_format({"font_color": GREY, **wrapped}),
            "sentence": self.raw.add_format({"font_size": 12, **wrapped}),
            "column": self.raw.add_format({"bold": True, "border": 1, "bg_color": "#F3F4F6", **wrapped}),
            "text": self.raw.add_format({"border": 1, "num_format": "@", **wrapped}),
            "number": self.raw.add_format({"border": 1, "num_format": "#,##0", **wrapped}),
            "average": self.raw.add_format({"border": 1, "num_format": "#,##0.0", **wrapped}),
            "share": self.raw.add_format({"border": 1, "num_format": "0.0%", **wrapped}),
        }

    def page(self, name: str) -> Any:
        page = self.raw.add_worksheet(name[:31])
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        return page

    def add(self, name: str, table: Any) -> None:
        self.lines(name, table.columns, table.rows)

    def lines(
        self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, widths: Sequence[int] = ()
    ) -> str:
        """A sheet of one table; returns its name."""
        page = self.page(name)
        self.write(page, 0, columns, rows, widths=widths)
        return str(page.get_name())

    def write(
        self, page: Any, top: int, columns: Sequence[str], rows: Sequence[Sequence[Cell]], *,
        widths: Sequence[int] = (), freeze: bool = True,
    ) -> None:  # fmt: skip
        for nth, name in enumerate(columns):
            page.write_string(top, nth, name, self.styles["column"])
            if freeze:
                width = widths[nth] if nth < len(widths) else _width(name, rows, nth)
                page.set_column(nth, nth, width)
        for line, row in enumerate(rows, start=top + 1):
            for nth, cell in enumerate(row):
                self._cell(page, line, nth, cell)
            if widths:
                page.set_row(line, row_points(zip(row, widths, strict=False)))
        if freeze:
            page.freeze_panes(top + 1, 0)
            page.repeat_rows(top)

    def _cell(self, page: Any, line: int, nth: int, cell: Cell) -> None:
        if isinstance(cell, Share):
            page.write_number(line, nth, float(cell.exact), self.styles["share"])
        elif isinstance(cell, int | Decimal):
            style = "number" if isinstance(cell, int) else "average"
            page.write_number(line, nth, cell, self.styles[style])
        else:
            page.write_string(line, nth, cell or "", self.styles["text"])

    def chart(self, kind: str, title: str) -> Any:
        chart = self.raw.add_chart({"type": kind})
        chart.set_title({"name": title, "name_font": {"size": 12}})
        return chart

    def put_chart(self, name: str, chart: Any, *, row: int, column: int, width: int, height: int) -> None:
        chart.set_size({"width": width, "height": height})
        self.raw.get_worksheet_by_name(name).insert_chart(row, column, chart)

    def close(self) -> bytes:
        self.raw.close()
        return self._content.getvalue()


def _width(name: str, rows: Sequence[Sequence[Cell]], nth: int) -> int:
    """As wide as what stands in the column, Chinese counted double."""
    said = [name, *(str(row[nth]) for row in rows[:200] if nth < len(row) and row[nth] is not None)]
    return min(WIDE, max(letters(one) for one in said) + 3)
