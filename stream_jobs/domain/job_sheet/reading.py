"""From sheets of cells to a verdict for every row."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from stream_jobs.domain.job_sheet.columns import Column, Layout, find_layout
from stream_jobs.domain.job_sheet.errors import WorkbookTooLong
from stream_jobs.domain.job_sheet.grid import Grid, Sheet
from stream_jobs.domain.job_sheet.rows import Above, RowCells, RowReading, job_key, read_cells, read_row
from stream_jobs.domain.job_sheet.text import cell_text, compact, is_blank
from stream_jobs.domain.job_sheet.verdicts import (
    Duplicate,
    ExistingJob,
    Faulty,
    Imports,
    JobDraft,
    Reading,
    RowRef,
    SheetReading,
    Skipped,
    SkipReason,
    Verdict,
)

MAX_DATA_ROWS = 20_000

_TOTAL = re.compile(
    r"(?:本页|本表|总|岗位|人数)?(?:合计|小计|总计|共计|累计)(?:人数|岗位数?)?[:]?.*|total|subtotal|sum"
)
_FOOTER = re.compile(
    r"(?:注|备注|说明|填表说明|填报说明|温馨提示|提示|声明|填表人|制表人?|填报人|填报单位|审核人?|负责人|联系人|联系电话|咨询电话|报名电话|单位盖章|盖章|制表日期|填报日期)"
    r"(?:\(.*\))?[:].*|\(?(?:盖章|公章)\)?|(?:note|notes|remark)[:].*"
)
_SECTION = re.compile(
    r"(?:[一二三四五六七八九十]+[、.]|\([一二三四五六七八九十]+\)|第[一二三四五六七八九十]+[部分类组]).*"
)
_EXAMPLE = re.compile(r"示例|样例|例如?|范例|填写示例|填报示例|example|e\.g\.?")


def read_jobs(sheets: Sequence[Sheet], *, today: date, existing: Mapping[str, str] | None = None) -> Reading:
    """A verdict for every row of every sheet with a header.

    existing maps job_key() of the jobs that are there already to their ids. Raises WorkbookTooLong above
    MAX_DATA_ROWS rows of data.
    """
    known: dict[str, RowRef | ExistingJob] = {key: ExistingJob(id) for key, id in (existing or {}).items()}
    reader = _Reader(today, known)
    return Reading(tuple(reader.sheet(sheet) for sheet in sheets))


class _Reader:
    """Reads the sheets of one workbook in order; remembers the jobs seen and the rows counted."""

    def __init__(self, today: date, known: dict[str, RowRef | ExistingJob]) -> None:
        self._today = today
        self._known = known
        self._data_rows = 0

    def sheet(self, sheet: Sheet) -> SheetReading:
        if sheet.hidden:
            return SheetReading(sheet.name, SkipReason.HIDDEN_SHEET)
        grid = Grid(sheet)
        if not any(grid.filled(row) for row in range(1, grid.height + 1)):
            return SheetReading(sheet.name, SkipReason.EMPTY_SHEET)
        layouts: list[Layout] = []
        verdicts = tuple(self._verdicts(grid, layouts))
        if not layouts:
            return SheetReading(sheet.name, SkipReason.NO_HEADER)
        return SheetReading(sheet.name, None, tuple(layouts), verdicts)

    def _verdicts(self, grid: Grid, layouts: list[Layout]) -> Iterator[Verdict]:
        above = Above({})
        for row in range(1, grid.height + 1):
            layout = layouts[-1] if layouts else None
            if layout and layout.first_row <= row <= layout.last_row:
                yield Skipped(row, SkipReason.HEADER if len(layouts) == 1 else SkipReason.REPEATED_HEADER)
            elif header := find_layout(grid, row):
                layouts.append(header)
                yield Skipped(row, SkipReason.HEADER if layout is None else SkipReason.REPEATED_HEADER)
            elif layout is None:
                yield Skipped(row, SkipReason.TITLE if grid.filled(row) else SkipReason.BLANK)
            elif reason := _skip_reason(grid, row, layout):
                yield Skipped(row, reason)
            else:
                cells = read_cells(grid, row, layout, above)
                above = Above(cells.values)
                yield self._data(grid.sheet.name, cells, read_row(cells, self._today))

    def _data(self, sheet: str, cells: RowCells, reading: RowReading) -> Verdict:
        self._data_rows += 1
        if self._data_rows > MAX_DATA_ROWS:
            raise WorkbookTooLong(field="file", expected=f"at most {MAX_DATA_ROWS} rows of jobs")
        if reading.draft is None:
            return Faulty(cells.row, reading.faults, reading.typed, cells.values, reading.findings)
        key = _key(reading.draft)
        if earlier := self._known.get(key):
            return Duplicate(cells.row, earlier, reading.draft)
        self._known[key] = RowRef(sheet, cells.row)
        return Imports(cells.row, reading.draft, reading.findings)


def _key(draft: JobDraft) -> str:
    return job_key(draft.employer, draft.title, draft.pay, draft.workplace)


def _skip_reason(grid: Grid, row: int, layout: Layout) -> SkipReason | None:
    """Why a row under the header is no data; None when it is."""
    filled = [column for column in grid.filled(row) if not is_blank(grid.typed(row, column))]
    if not filled:
        return SkipReason.BLANK
    first = compact(cell_text(grid.typed(row, filled[0])))
    running_numbers = set(layout.columns.get(Column.INDEX, ()))
    if set(filled) <= running_numbers:
        return _reason_alone(first) or (SkipReason.BLANK if first.isalnum() and len(first) <= 6 else SkipReason.FOOTER)
    if filled[0] in running_numbers and _EXAMPLE.fullmatch(first):
        return SkipReason.EXAMPLE
    if len(filled) == 1:
        return _reason_alone(first) or (SkipReason.SECTION if _is_wide(grid, row, filled[0]) else None)
    return total_or_footer(first) if len(filled) <= 4 else None


def _reason_alone(first: str) -> SkipReason | None:
    return total_or_footer(first) or (SkipReason.SECTION if _SECTION.fullmatch(first) else None)


def total_or_footer(first: str) -> SkipReason | None:
    """What a row is whose first filled cell, compact, announces a sum or a note."""
    if _TOTAL.fullmatch(first):
        return SkipReason.TOTAL
    return SkipReason.FOOTER if _FOOTER.fullmatch(first) else None


def _is_wide(grid: Grid, row: int, column: int) -> bool:
    merge = grid.merge_at(row, column)
    return merge is not None and merge.right - merge.left >= 2
