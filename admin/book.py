"""A workbook under way: tables, each on a sheet, charts, and what every figure counts."""

import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from admin.cell_size import letters, row_points
from admin.files import Cell, Share, Sheet, new_workbook
from admin.words import Words
from stream_jobs.domain.metrics import every_metric

WIDE = 60
# Of a table of metrics: name, value, both terms, how it is counted.
SUMMARY_WIDTHS = (26, 14, 12, 12, 90)
# The quiet second of the pages' tokens.
GREY = "#6B7280"


class Book:
    """Text is written as text and shares as numbers."""

    def __init__(self, words: Words, made_at: datetime) -> None:
        self.words = words
        self._content = io.BytesIO()
        self.raw = new_workbook(self._content, made_at)
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

    def add(self, name: str, table: Sheet) -> str:
        """A sheet of that table; returns its name."""
        return self.lines(name, table.columns, table.rows)

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
        wraps = bool(widths)
        widths = [widths[nth] if nth < len(widths) else _width(name, rows, nth) for nth, name in enumerate(columns)]
        for nth, name in enumerate(columns):
            page.write_string(top, nth, name, self.styles["column"])
            if freeze:
                page.set_column(nth, nth, widths[nth])
        for line, row in enumerate(rows, start=top + 1):
            for nth, cell in enumerate(row):
                self._cell(page, line, nth, cell)
            if wraps:
                page.set_row(line, row_points(zip(row, widths, strict=False)))
        page.set_row(top, row_points(zip(columns, widths, strict=True)))
        if freeze:
            page.freeze_panes(top + 1, 0)
            page.repeat_rows(top)

    def head(self, name: str, title: str, about: str, said: str, as_of: str) -> Any:
        """A sheet that begins with what it is of, in words, and ends its head at the fourth row; returns it."""
        page = self.page(name)
        for line, (text, style) in enumerate(
            ((title, "title"), (about, "quiet"), (said, "sentence"), (as_of, "quiet"))
        ):
            page.merge_range(line, 0, line, 4, text, self.styles[style])
        page.set_row(0, 28)
        page.set_row(2, 64)
        return page

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

    def definitions(self) -> None:
        """Every metric in both languages, on a sheet."""
        rows: list[list[Cell]] = [
            [metric.name("zh-CN"), metric.definition("zh-CN"), metric.name("en"), metric.definition("en"), metric.key,
             metric.since]
            for metric in every_metric()
        ]  # fmt: skip
        columns = ["指标", "怎么算", "Metric", "How it is counted", "代号 key", "起始版本 since"]
        self.lines("指标说明", columns, rows, widths=(24, 60, 26, 60, 24, 8))

    def close(self) -> bytes:
        self.raw.close()
        return self._content.getvalue()


def _width(name: str, rows: Sequence[Sequence[Cell]], nth: int) -> int:
    """As wide as what stands in the column, Chinese counted double; a heading may take two lines and breaks no word."""
    words = [letters(word) if word.isascii() else letters(word) // 2 + 1 for word in name.split()]
    said = [letters(str(row[nth])) for row in rows[:200] if nth < len(row) and row[nth] is not None]
    return min(WIDE, max((*words, *said)) + 3)
