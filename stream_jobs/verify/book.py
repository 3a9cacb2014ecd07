"""The workbook of a report, read back cell by cell: its tables as those of the CSV, and what is under its charts."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from openpyxl import load_workbook

from admin.files import Cell, Share, Sheet
from admin.report_book import CUTS, report_book
from admin.report_tables import Part, table
from admin.words import Words
from stream_jobs.domain.metrics import METRICS
from stream_jobs.ports import Report
from stream_jobs.verify.applicants import OUTCOMES
from stream_jobs.verify.compare import Comparison
from stream_jobs.verify.places import SHOW, Place, said
from stream_jobs.verify.recount import Recount

STEPS = ("visitors", "impressions", "clicks", "apply_starts", "appliers")
# Above the table of the whole show stand its name and a sentence.
HEAD_LINES = 4
WHERE = "file report.xlsx"
Rows = Sequence[Sequence[Any]]


def check_book(report: Report, counted: Recount, words: Words, at: datetime, compared: Comparison) -> None:
    """Tables are compared with those of the CSV, whose every cell was compared with what was counted."""
    book = load_workbook(io.BytesIO(report_book(report, words, at)), read_only=True, data_only=True)
    try:
        sheets = {name: list(book[name].iter_rows(values_only=True)) for name in book.sheetnames}
    finally:
        book.close()
    if not report.counted:
        compared.same(WHERE, "sheets of a rehearsal", "show", len(sheets), 1)
        return
    for part in (Part.SUMMARY, *CUTS):
        rows = sheets[words.t(f"organiser.report.part.{part.value}")]
        same_table(WHERE, part, table(report, part, words), rows[HEAD_LINES if part is Part.SUMMARY else 0 :], compared)
    _funnel(sheets[words.t("organiser.report.funnel")], counted, compared)
    if report.curve.watching:
        _curve(sheets[words.t("organiser.report.curve")], counted, words, compared)


def same_table(where: str, part: StrEnum, wanted: Sheet, rows: Rows, compared: Comparison) -> None:
    compared.same(where, "columns", part.value, list(rows[0]) if rows else [], list(wanted.columns))
    compared.same(where, "rows", part.value, len(rows) - 1, len(wanted.rows))
    for shown, own in zip(rows[1:], wanted.rows, strict=False):
        for name, cell, there in zip(wanted.columns, shown, own, strict=True):
            compared.same(where, name, f"{part.value} {own[0]}", plain(cell), meant(there))


def plain(cell: Any) -> object:
    """Sixteen digits are written; fifteen of them can be relied on."""
    if isinstance(cell, float):
        return _rounded(cell)
    return None if cell == "" else cell


def meant(cell: Cell) -> object:
    """A share is a number between 0 and 1, and everything else what it is."""
    match cell:
        case Share():
            return _rounded(float(cell.exact))
        case None | "":
            return None
        case int() | str():
            return cell
        case _:
            number = float(cell)
            return int(number) if number.is_integer() else _rounded(number)


def _rounded(number: float) -> float:
    return round(number, 12)


def _funnel(rows: Rows, counted: Recount, compared: Comparison) -> None:
    """Devices step by step, then people."""
    figures = counted.figures
    before = first = 0
    for key, row in zip(STEPS, rows[1:], strict=False):
        count = figures.of(SHOW, key)
        first = first or count
        rates = [None, None] if key == STEPS[0] else [_share(count, before), _share(count, first)]
        wanted = [count, figures.of(SHOW, f"implied {key}"), *rates]
        compared.same(WHERE, key, "funnel", [plain(cell) for cell in row[1:5]], wanted)
        before = count
    after = [row[:2] for row in rows[len(STEPS) + 3 :]]
    people = [figures.of(SHOW, key) for key in ("applicants", *OUTCOMES)]
    compared.same(WHERE, "people", "funnel", [row[1] for row in after], people)


def _share(above: int, below: int) -> float | None:
    return _rounded(float(Fraction(above, below))) if below else None


def _curve(rows: Rows, counted: Recount, words: Words, compared: Comparison) -> None:
    """The most at once and the applications of each step."""
    columns: Mapping[str, int] = {name: nth for nth, name in enumerate(rows[0])}
    for key in ("peak", "applications"):
        column = columns[METRICS[key].name(words.lang)]
        for nth, row in enumerate(rows[1:]):
            place: Place = ("bucket", nth)
            compared.same(WHERE, key, said(place), row[column], counted.figures.of(place, key))
