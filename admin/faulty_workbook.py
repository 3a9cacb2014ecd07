"""The rows an import could not take, as a workbook to correct and upload again."""

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time

import openpyxl
from openpyxl.cell.cell import Cell as OutCell
from openpyxl.cell.cell import MergedCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from admin.workbook import read_workbook
from admin.workbook_guard import checked_archive
from stream_jobs.domain.job_sheet import Cell, Faulty, Reading, Sheet, SheetReading, faulty_text
from stream_jobs.domain.job_sheet.columns import Layout
from stream_jobs.domain.pay import Language

REASON_HEADING = {"zh": "错误原因", "en": "Errors"}
# Above this the looks of a workbook cost more seconds than they are worth.
MAX_STYLED_ROWS = 5_000
_WRONG = PatternFill("solid", fgColor="FFFDE8E8")
_REASON_FONT = Font(color="FFC4161C")
_TEXT_FORMAT = "@"
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
# A cell starting so would run as a formula in some program.
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class _KeptRow:
    """A row of the new sheet: its row in the original and, below the header, its verdict."""

    source: int
    layout: Layout
    verdict: Faulty | None = None


def faulty_workbook(original: bytes, reading: Reading, language: Language = "zh") -> bytes:
    """An .xlsx with titles, headers and only the faulty rows, each with what is wrong in a column of its own.

    Merged cells and 同上 are written out, cells to correct are marked and set to text, so that 3-5 stays 3-5.
    Nothing in it is a formula. reading must come from the same bytes.
    """
    sheets = {sheet.name: sheet for sheet in read_workbook(original, max_bytes=max(len(original), 1))}
    looks = _looks(original, sheets)
    out = openpyxl.Workbook()
    out.remove(out.worksheets[0])
    for found in reading.sheets:
        if any(isinstance(verdict, Faulty) for verdict in found.verdicts):
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


def _write(target: Worksheet, source: Sheet, found: SheetReading, looks: Worksheet | None, language: Language) -> None:
    width = max((len(row) for row in source.rows), default=0)
    rows = list(_kept(found))
    reason_column = _reason_column(source, found.layouts[0], width)
    for number, kept in enumerate(rows, start=1):
        for column in range(1, width + 1):
            if column != reason_column:
                cell = target.cell(number, column)
                _put(cell, _value(source, kept, column))
                _dress(cell, looks, kept.source, column)
        if kept.verdict:
            _mark(target, number, kept, reason_column, language)
        elif kept.source == kept.layout.last_row:
            _put(target.cell(number, reason_column), REASON_HEADING[language])
    _merge_head(target, source, found.layouts[0].last_row)
    _set_widths(target, looks, width, reason_column)
    target.freeze_panes = f"A{found.layouts[0].last_row + 1}"


def _kept(found: SheetReading) -> Iterator[_KeptRow]:
    """Everything down to the first header, then faulty rows, each under its own header."""
    first = found.layouts[0]
    current = first
    yield from (_KeptRow(row, first) for row in range(1, first.last_row + 1))
    for verdict in found.verdicts:
        if not isinstance(verdict, Faulty):
            continue
        layout = max((la for la in found.layouts if la.last_row < verdict.row), key=lambda la: la.last_row)
        if layout.columns != current.columns:
            current = layout
            yield from (_KeptRow(row, layout) for row in range(layout.first_row, layout.last_row + 1))
        yield _KeptRow(verdict.row, layout, verdict)


def _value(source: Sheet, kept: _KeptRow, column: int) -> Cell:
    if kept.verdict and column in kept.verdict.values:
        return kept.verdict.values[column]
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


def _mark(target: Worksheet, number: int, kept: _KeptRow, reason_column: int, language: Language) -> None:
    verdict = kept.verdict
    assert verdict is not None
    for fault in verdict.errors:
        if fault.cell is None:
            continue
        cell = target[f"{fault.cell.rstrip('0123456789')}{number}"]
        if isinstance(cell.value, date | datetime | time):
            _put(cell, str(cell.value).removesuffix(" 00:00:00"))
        cell.fill = _WRONG
        cell.number_format = _TEXT_FORMAT
    reason = target.cell(number, reason_column)
    _put(reason, faulty_text(_moved(verdict, number), language))
    reason.font = _REASON_FONT
    reason.alignment = Alignment(wrap_text=True, vertical="top")


def _moved(verdict: Faulty, number: int) -> Faulty:
    """The faults with the cells of the new sheet: what a person will look for."""
    errors = tuple(
        type(fault)(fault.field, fault.code, f"{fault.cell.rstrip('0123456789')}{number}" if fault.cell else None)
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
