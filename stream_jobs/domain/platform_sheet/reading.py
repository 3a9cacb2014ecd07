"""What each row of a platform's export says of one of its shows."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

from stream_jobs.domain.job_sheet.errors import WorkbookTooLong
from stream_jobs.domain.job_sheet.grid import Cell, Grid, Sheet, cell_name
from stream_jobs.domain.job_sheet.reading import total_or_footer
from stream_jobs.domain.job_sheet.text import cell_text, compact, is_blank, one_line
from stream_jobs.domain.job_sheet.verdicts import SkipReason
from stream_jobs.domain.people_sheet.reading import read_moment
from stream_jobs.domain.platform_sheet.columns import METRICS, Field, Layout, find_layout, heading

MOST_ROWS = 2_000
TITLE_CHARACTERS = 120
_MOST = 10**12


@dataclass(frozen=True, slots=True)
class PlatformFault:
    """One thing to correct; cell is None where no cell is to blame."""

    field: Field
    code: str
    cell: str | None = None


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """One show of the platform's; has_time is false where only its day is said."""

    sheet: str
    row: int
    typed: Mapping[Field, str]
    values: Mapping[Field, int]
    title: str | None = None
    started_at: datetime | None = None
    has_time: bool = False
    faults: tuple[PlatformFault, ...] = ()
    cells: Mapping[Field, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoShow:
    """A row or, where row is 0, a whole sheet that is no data."""

    sheet: str
    row: int
    reason: SkipReason


Read = PlatformRow | NoShow


def read_platform(sheets: Sequence[Sheet], today: date) -> tuple[Read, ...]:
    """In the workbook's order. Raises WorkbookTooLong above MOST_ROWS shows."""
    rows: list[Read] = []
    for sheet in sheets:
        for row in _sheet_rows(sheet, today):
            rows.append(row)
            if len(rows) > MOST_ROWS:
                raise WorkbookTooLong(field="file", expected=f"at most {MOST_ROWS} rows of shows")
    return tuple(rows)


def _sheet_rows(sheet: Sheet, today: date) -> Iterator[Read]:
    grid = Grid(sheet)
    if sheet.hidden or not any(grid.filled(row) for row in range(1, grid.height + 1)):
        yield NoShow(sheet.name, 0, SkipReason.HIDDEN_SHEET if sheet.hidden else SkipReason.EMPTY_SHEET)
        return
    layout = None
    found = False
    for row in range(1, grid.height + 1):
        header = find_layout(grid, row)
        if header is not None and not _has_numbers(grid, row):
            reason = SkipReason.REPEATED_HEADER if layout else SkipReason.HEADER
            layout, found = header, True
            yield NoShow(sheet.name, row, reason)
        elif layout is not None and (skipped := _no_show(grid, row, layout)) is None:
            yield _Row(grid, row, layout, today).read()
        elif layout is not None and skipped is not None and skipped is not SkipReason.BLANK:
            yield NoShow(sheet.name, row, skipped)
    if not found:
        yield _one_below_another(grid, today) or NoShow(sheet.name, 0, SkipReason.NO_HEADER)


def _has_numbers(grid: Grid, row: int) -> bool:
    return any(not isinstance(grid.typed(row, column), str) for column in grid.filled(row))


def _no_show(grid: Grid, row: int, layout: Layout) -> SkipReason | None:
    filled = [number for number in grid.filled(row) if not is_blank(grid.typed(row, number))]
    if not set(filled) & set(layout.columns.values()):
        return SkipReason.BLANK
    return total_or_footer(compact(cell_text(grid.typed(row, filled[0]))))


def _one_below_another(grid: Grid, today: date) -> PlatformRow | None:
    """A page of one show: its figures' names in one column, the figures beside them."""
    columns: dict[Field, tuple[int, int]] = {}
    for row in range(1, grid.height + 1):
        filled = grid.filled(row)
        for label, value in pairwise(filled):
            text = grid.typed(row, label)
            name = heading(cell_text(text)) if isinstance(text, str) else None
            if name is not None:
                columns.setdefault(name, (row, value))
    if sum(name in METRICS for name in columns) < 2:
        return None
    return _Cells(grid, columns, today).read(min(row for row, _ in columns.values()))


class _Cells:
    """Reads the cells that say something of one show; what cannot be understood becomes a fault."""

    def __init__(self, grid: Grid, places: Mapping[Field, tuple[int, int]], today: date) -> None:
        self._grid, self._places, self._today = grid, places, today
        self._faults: list[PlatformFault] = []

    def read(self, row: int) -> PlatformRow:
        typed = {
            name: one_line(value)[:TITLE_CHARACTERS]
            for name in self._places
            if not is_blank(value := self._value(name))
        }
        values = {name: number for name in METRICS if (number := self._number(name)) is not None}
        started, has_time = self._started()
        if not values and not self._faults:
            self._faults.append(PlatformFault(Field.VIEWS, "no_figure"))
        return PlatformRow(
            sheet=self._grid.sheet.name,
            row=row,
            typed=typed,
            values=values,
            title=typed.get(Field.TITLE) or None,
            started_at=started,
            has_time=has_time,
            faults=tuple(self._faults),
            cells={name: cell_name(*place) for name, place in self._places.items()},
        )

    def _value(self, name: Field) -> Cell:
        return self._grid.value(*self._places[name]) if name in self._places else None

    def _number(self, name: Field) -> int | None:
        value = self._value(name)
        if is_blank(value):
            return None
        number, fault = whole_number(value)
        if fault:
            self._faults.append(PlatformFault(name, fault, cell_name(*self._places[name])))
        return number

    def _started(self) -> tuple[datetime | None, bool]:
        value = self._value(Field.STARTED)
        if is_blank(value):
            return None, False
        # Some write 2026-11-12 14:00:00 ~ 16:06:00 into one cell.
        first = re.split(r"\s*[~～至]\s*|\s+-\s+", value)[0] if isinstance(value, str) else value
        moment = read_moment(first, self._today)
        if moment is None:
            self._faults.append(PlatformFault(Field.STARTED, "time_unclear", cell_name(*self._places[Field.STARTED])))
            return None, False
        says_time = isinstance(first, datetime) and (first.hour, first.minute) != (0, 0)
        return moment, says_time or (isinstance(first, str) and re.search(r"\d[:：时点]", first) is not None)


class _Row(_Cells):
    def __init__(self, grid: Grid, row: int, layout: Layout, today: date) -> None:
        super().__init__(grid, {name: (row, column) for name, column in layout.columns.items()}, today)
        self._number_of_row = row

    def read(self, row: int | None = None) -> PlatformRow:
        return super().read(row or self._number_of_row)


def whole_number(value: Cell) -> tuple[int | None, str | None]:
    """The number in a cell, or why it is none: 2.1万 was rounded and may not be told as if it were exact."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None, "number_unclear"
    if isinstance(value, float):
        return (int(value), None) if value.is_integer() and 0 <= value <= _MOST else (None, "number_unclear")
    if isinstance(value, int):
        return (value, None) if 0 <= value <= _MOST else (None, "number_unclear")
    plain = re.sub(r"(?:人次|人|次|个|条)$", "", one_line(value).replace(",", "").replace("，", "").replace(" ", ""))
    if re.fullmatch(r"\d+(?:\.\d+)?[万亿wWkK]\+?", plain):
        return None, "number_rounded"
    if re.fullmatch(r"\d{1,12}(?:\.0+)?", plain):
        return int(plain.partition(".")[0]), None
    return None, "number_unclear"
