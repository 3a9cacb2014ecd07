"""The charts of reports: each over a table on a sheet of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from admin.book import GREY, Book
from admin.columns import Column, percent, table_of
from admin.files import Cell
from stream_jobs.domain.following import MILESTONES
from stream_jobs.domain.metrics import METRICS
from stream_jobs.domain.report import FunnelStep
from stream_jobs.domain.series import SeriesStep
from stream_jobs.domain.vetting import CHINA
from stream_jobs.ports import Report

WIDE = 1080
# The tokens of the pages: ours, and what stands beside it.
BLUE, ORANGE = "#1D4ED8", "#C2410C"


def charts_page(book: Book) -> Any:
    """Where two charts go above each other, printed on one page."""
    page = book.page(book.words.t("exports.chart.sheet"))
    page.fit_to_pages(1, 1)
    page.hide_gridlines(2)
    return page


def put_charts(page: Any, first: Any, second: Any | None) -> None:
    page.insert_chart(0, 0, first)
    if second:
        page.insert_chart(18, 0, second)


def funnel(book: Book, name: str, steps: Sequence[FunnelStep | SeriesStep], applied: Any) -> Any:
    """Devices step by step, below them people by what became of them."""
    words = book.words
    columns = [
        Column(words.t("exports.chart.step"), lambda step: METRICS[step.metric].name(words.lang)),
        Column(words.t("exports.chart.devices"), lambda step: step.count),
        Column(METRICS["implied"].name(words.lang), lambda step: step.implied),
        Column(words.t("exports.chart.over_previous"), lambda step: step.over_previous and percent(step.over_previous)),
        Column(words.t("exports.chart.over_first"), lambda step: step.over_first and percent(step.over_first)),
    ]
    if isinstance(steps[0], SeriesStep):
        # What is implied is told show by show.
        del columns[2]
    name = book.add(name, table := table_of(name, columns, steps))
    _people(book, name, len(steps) + 2, applied)
    chart = book.chart("bar", name)
    chart.add_series({**_values(name, table.columns[1], 1, len(steps)), "fill": {"color": BLUE}, "gap": 40,
                      "data_labels": {"value": True, "num_format": "#,##0"}})  # fmt: skip
    chart.set_y_axis({"reverse": True, "line": {"none": True}})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_legend({"none": True})
    chart.set_size({"width": WIDE, "height": 340})
    return chart


def _people(book: Book, name: str, top: int, applied: Any) -> None:
    words, keys = book.words, ("applicants", *MILESTONES)
    rows: list[list[Cell]] = [[METRICS[key].name(words.lang), getattr(applied, key) or 0] for key in keys]
    heads = [words.t("exports.chart.after"), words.t("exports.chart.people")]
    book.write(book.raw.get_worksheet_by_name(name), top, heads, rows, freeze=False)


def _values(sheet: str, name: str, column: int, last: int) -> dict[str, Any]:
    """A series of that column, by what stands in the first."""
    return {"name": name, "categories": [sheet, 1, 0, last, 0], "values": [sheet, 1, column, last, column]}


def over_shows(book: Book, sheet: str, shows: int, *, visits: int, applications: int) -> Any:
    """Visits of each show as columns, its applications as a line; both by their column on the sheet of shows."""
    first, second = (METRICS[key].name(book.words.lang) for key in ("visits", "applications"))
    chart = book.chart("column", book.words.t("exports.column.broadcast"))
    chart.add_series({**_values(sheet, first, visits, shows), "fill": {"color": BLUE}})
    line = book.raw.add_chart({"type": "line"})
    line.add_series({**_values(sheet, second, applications, shows), "line": {"color": ORANGE, "width": 2},
                     "y2_axis": True, "marker": {"type": "circle"}})  # fmt: skip
    chart.combine(line)
    chart.set_y_axis({"name": first, "major_gridlines": {"visible": False}})
    line.set_y2_axis({"name": second})
    return chart


def curve(book: Book, report: Report) -> Any | None:
    """Who was watching, what was pushed, and applications; None for a show that was never on air."""
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
    chart = book.chart("line", name)
    chart.add_series({**_values(name, columns[1], 1, last),
                      "line": {"color": BLUE, "width": 2.25},
                      "data_labels": {"value": True, "position": "above", "custom": labels,
                                      "font": {"color": GREY, "size": 8}}})  # fmt: skip
    columns_chart = book.raw.add_chart({"type": "column"})
    columns_chart.add_series({**_values(name, columns[2], 2, last), "fill": {"color": ORANGE}, "y2_axis": True})
    chart.combine(columns_chart)
    chart.set_x_axis({"interval_unit": max(1, last // 8), "interval_tick": max(1, last // 8)})
    chart.set_y_axis({"name": columns[1], "min": 0, "major_gridlines": {"visible": True, "line": {"color": "#E5E7EB"}}})
    # Applications in the lower third: two scales that do not cross.
    columns_chart.set_y2_axis({"name": columns[2], "min": 0, "max": max(3, 3 * max(curve.applications, default=0))})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": WIDE, "height": 440})
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
