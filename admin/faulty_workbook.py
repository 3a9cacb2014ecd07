"""The rows an import could not take, as a workbook to correct and upload again."""

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Protocol

import openpyxl
from openpyxl.cell.cell import Cell as OutCell
from openpyxl.cell.cell import MergedCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from admin.import_reader import WrongPerson
from admin.workbook import read_workbook
from admin.workbook_guard import checked_archive
from stream_jobs.domain.job_sheet import Cell, Faulty, Reading, Sheet, SheetReading, faulty_text
from stream_jobs.domain.job_sheet.grid import Grid
from stream_jobs.domain.pay import Language
from stream_jobs.domain.people_sheet.reading import PeopleReading

REASON_HEADING = {"zh": "错误原因", "en": "Errors"}
# Above this the looks of a workbook cost more seconds than they are worth.
MAX_STYLED_ROWS = 5_000
_WRONG = PatternFill("solid", fgColor="FFFDE8E8")
_REASON_FONT = Font(color="FFC4161C")
_TEXT_FORMAT = "@"
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# A cell starting so would run as a formula in some program.
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")


class Layout(Protocol):
    """A header: its rows, and which columns hold what."""

    @property
    def first_row(self) -> int: ...
    @property
    def last_row(self) -> int: ...
    @property
    def columns(self) -> object: ...


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row to correct: what stands in its cells, by column, once merges and 同上 are written out.

    columns: the letters of those to mark; said: all that is wrong, for the row this one gets in the new sheet.
    """

    row: int
    values: Mapping[int, Cell]
    columns: frozenset[str]
    said: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class WrongSheet:
    """In the order of the sheet."""

    name: str
    layouts: Sequence[Layout]
    rows: Sequence[WrongRow]


@dataclass(frozen=True, slots=True)
class _KeptRow:
    """A row of the new sheet: its row in the original and, below the header, what is wrong with it."""

    source: int
    layout: Layout
    wrong: WrongRow | None = None


def faulty_workbook(original: bytes, reading: Reading, language: Language = "zh") -> bytes:
    """An .xlsx with titles, headers and only the faulty rows, each with what is wrong in a column of its own.

    Merged cells and 同上 are written out, cells to correct are marked and set to text, so that 3-5 stays 3-5.
    Nothing in it is a formula. reading must come from the same bytes.
    """
    return _made(original, [_wrong_jobs(sheet, language) for sheet in reading.sheets], language)


def faulty_list(
    original: bytes, reading: PeopleReading, rows: Sequence[WrongPerson], at_cell: str, language: Language = "zh"
) -> bytes:
    """The same of a list of people. at_cell: how a fault begins that has a cell, with {cell} in it."""
    grids = {sheet.name: Grid(sheet) for sheet in _sheets(original)}
    wrong = [
        WrongSheet(name, layouts, [_wrong_person(grids[name], row, at_cell) for row in rows if row.sheet == name])
        for name, layouts in reading.layouts.items()
    ]
    return _made(original, wrong, language)


def _wrong_jobs(found: SheetReading, language: Language) -> WrongSheet:
    rows = [_wrong_job(verdict, language) for verdict in found.verdicts if isinstance(verdict, Faulty)]
    return WrongSheet(found.name, found.layouts, rows)


def _wrong_job(verdict: Faulty, language: Language) -> WrongRow:
    columns = frozenset(_letters(fault.cell) for fault in verdict.errors if fault.cell)
    return WrongRow(verdict.row, verdict.values, columns, lambda row: faulty_text(_moved(verdict, row), language))


def _wrong_person(grid: Grid, wrong: WrongPerson, at_cell: str) -> WrongRow:
    def said(row: int) -> str:
        return "\n".join(
            (at_cell.replace("{cell}", f"{_letters(cell)}{row}") if cell else "") + text for cell, text in wrong.faults
        )

    values = {column: grid.value(wrong.row, column) for column in range(1, grid.width + 1)}
    return WrongRow(wrong.row, values, frozenset(_letters(cell) for cell, _ in wrong.faults if cell), said)


def _letters(cell: str) -> str:
    return cell.rstrip("0123456789")


def _sheets(original: bytes) -> Sequence[Sheet]:
    return read_workbook(original, max_bytes=max(len(original), 1))


def _made(original: bytes, wrong: Sequence[WrongSheet], language: Language) -> bytes:
    sheets = {sheet.name: sheet for sheet in _sheets(original)}
    looks = _looks(original, sheets)
    out = openpyxl.Workbook()
    out.remove(out.worksheets[0])
    for found in wrong:
        if found.rows:
            target = out.create_sheet(_sheet_title(found.name))
            _write(target, sheets[found.name], found, looks.get(found.name), language)
    if not out.worksheets:
        out.create_sheet(REASON_HEADING[language])
    content = io.BytesIO()
    out.save(content)
    return content.getvalue()


def _looks(original: bytes, sheets: Mapping[str, Sheet]) -> dict[str, Worksheet]:
    """The original's sheets for their styles; none where the file has none we can read."""
    if not original.startswith(b"PK") or sum(len(sheet.rows) for sheet in sheets.values()) > MAX_STYLED_ROWS:
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(io.BytesIO(checked_archive(original)))
    except Exception:  # openpyxl refuses many harmless workbooks with whatever comes up; the looks are a courtesy
        return {}
    return {sheet.title: sheet for sheet in workbook.worksheets}


def _sheet_title(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", "_", name)[:31].strip("'") or "Sheet"


def _write(target: Worksheet, source: Sheet, found: WrongSheet, looks: Worksheet | None, language: Language) -> None:
    width = max((len(row) for row in source.rows), default=0)
    rows = list(_kept(found))
    reason_column = _reason_column(source, found.layouts[0], width)
    for number, kept in enumerate(rows, start=1):
        for column in range(1, width + 1):
            if column != reason_column:
                cell = target.cell(number, column)
                _put(cell, _value(source, kept, column))
                _dress(cell, looks, kept.source, column)
        if kept.wrong:
            _mark(target, number, kept.wrong, reason_column)
        elif kept.source == kept.layout.last_row:
            _put(target.cell(number, reason_column), REASON_HEADING[language])
    _merge_head(target, source, found.layouts[0].last_row)
    _set_widths(target, looks, width, reason_column)
    target.freeze_panes = f"A{found.layouts[0].last_row + 1}"


def _kept(found: WrongSheet) -> Iterator[_KeptRow]:
    """Everything down to the first header, then faulty rows, each under its own header."""
    first = found.layouts[0]
    current = first
    yield from (_KeptRow(row, first) for row in range(1, first.last_row + 1))
    for wrong in found.rows:
        layout = max((la for la in found.layouts if la.last_row < wrong.row), key=lambda la: la.last_row)
        if layout.columns != current.columns:
            current = layout
            yield from (_KeptRow(row, layout) for row in range(layout.first_row, layout.last_row + 1))
        yield _KeptRow(wrong.row, layout, wrong)


def _value(source: Sheet, kept: _KeptRow, column: int) -> Cell:
    if kept.wrong and column in kept.wrong.values:
        return kept.wrong.values[column]
    cells = source.rows[kept.source - 1]
    return cells[column - 1] if column <= len(cells) else None


def _reason_column(source: Sheet, layout: Layout, width: int) -> int:
    """The column an earlier round has left, else a new one."""
    header = source.rows[layout.last_row - 1]
    old = [n for n, cell in enumerate(header, start=1) if cell in REASON_HEADING.values()]
    return old[0] if old else width + 1


def _put(cell: OutCell | MergedCell, value: Cell) -> None:
    assert isinstance(cell, OutCell)  # nothing is merged before everything is written
    if isinstance(value, str):
        text = _UNWRITABLE.sub("", value)
        cell.value = text or None
        if text.startswith(_FORMULA_START):
            cell.data_type = "s"
            cell.quotePrefix = True
    else:
        cell.value = value


def _dress(cell: OutCell | MergedCell, looks: Worksheet | None, row: int, column: int) -> None:
    if looks is None or row > looks.max_row:
        return
    model = looks.cell(row, column)
    if model.has_style:
        for part in ("font", "fill", "border", "alignment"):
            setattr(cell, part, copy(getattr(model, part)))
        if cell.data_type != "s":
            cell.number_format = model.number_format


def _mark(target: Worksheet, number: int, wrong: WrongRow, reason_column: int) -> None:
    for column in wrong.columns:
        cell = target[f"{column}{number}"]
        if isinstance(cell.value, date | datetime | time):
            _put(cell, str(cell.value).removesuffix(" 00:00:00"))
        cell.fill = _WRONG
        cell.number_format = _TEXT_FORMAT
    reason = target.cell(number, reason_column)
    _put(reason, wrong.said(number))
    reason.font = _REASON_FONT
    reason.alignment = Alignment(wrap_text=True, vertical="top")


def _moved(verdict: Faulty, number: int) -> Faulty:
    """The faults with the cells of the new sheet: what a person will look for."""
    errors = tuple(
        type(fault)(fault.field, fault.code, f"{_letters(fault.cell)}{number}" if fault.cell else None)
        for fault in verdict.errors
    )
    return Faulty(number, errors, verdict.typed, verdict.values, verdict.findings)


def _merge_head(target: Worksheet, source: Sheet, last_row: int) -> None:
    for merge in source.merges:
        if merge.bottom <= last_row:
            target.merge_cells(
                start_row=merge.top, start_column=merge.left, end_row=merge.bottom, end_column=merge.right
            )


def _set_widths(target: Worksheet, looks: Worksheet | None, width: int, reason_column: int) -> None:
    for column in range(1, width + 1):
        letter = get_column_letter(column)
        if looks is not None and letter in looks.column_dimensions:
            target.column_dimensions[letter].width = looks.column_dimensions[letter].width
    target.column_dimensions[get_column_letter(reason_column)].width = 48
