"""A sheet as plain cells: what was typed where, and which cells are merged."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

Cell = str | int | float | bool | date | datetime | time | timedelta | None

# Wider than any form seen; what lies beyond is decoration or an accident.
MAX_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range, 1-based, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as typed: rows from row 1 and column A, short rows allowed, merged values only in their first cell."""

    name: str
    rows: Sequence[Sequence[Cell]]
    merges: tuple[Merge, ...] = ()
    hidden: bool = False


class Grid:
    """Looks up cells of a sheet by row and column, both from 1, with or without their merge."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.height = len(sheet.rows)
        self.width = min(MAX_COLUMNS, max((len(row) for row in sheet.rows), default=0))
        self._merges: dict[int, list[Merge]] = {}
        for merge in sorted(sheet.merges, key=lambda m: m.top):
            for column in range(merge.left, min(merge.right, self.width) + 1):
                self._merges.setdefault(column, []).append(merge)

    def typed(self, row: int, column: int) -> Cell:
        """What stands in the cell itself; None when blank."""
        if not 1 <= row <= self.height or column > MAX_COLUMNS:
            return None
        cells = self.sheet.rows[row - 1]
        value = cells[column - 1] if column <= len(cells) else None
        return None if isinstance(value, str) and not value.strip() else value

    def value(self, row: int, column: int) -> Cell:
        """The cell's value; a cell merged downwards has the value of the first one."""
        merge = self.merge_at(row, column)
        return self.typed(merge.top, column) if merge else self.typed(row, column)

    def spread(self, row: int, column: int) -> Cell:
        """The same for headings, where a merge to the right counts too."""
        merge = self.merge_at(row, column)
        return self.typed(merge.top, merge.left) if merge else self.typed(row, column)

    def merge_at(self, row: int, column: int) -> Merge | None:
        merges = self._merges.get(column, [])
        index = bisect_right(merges, row, key=lambda m: m.top) - 1
        return merges[index] if index >= 0 and merges[index].bottom >= row else None

    def filled(self, row: int) -> list[int]:
        """Columns in which something is typed in this row itself."""
        return [column for column in range(1, self.width + 1) if self.typed(row, column) is not None]


def column_letters(column: int) -> str:
    """1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell_name(row: int, column: int) -> str:
    """How a spreadsheet program calls the cell: D7."""
    return f"{column_letters(column)}{row}"
