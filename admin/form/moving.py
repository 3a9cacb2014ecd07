"""Rows that stand several times: where every other row goes, and what formulas and ranges say then."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Block:
    """Rows first to last, standing `times` times in all."""

    first: int
    last: int
    times: int

    @property
    def height(self) -> int:
        return self.last - self.first + 1

    @property
    def added(self) -> int:
        return self.height * (self.times - 1)

    def __contains__(self, row: int) -> bool:
        return self.first <= row <= self.last


@dataclass(frozen=True, slots=True)
class Moves:
    """All blocks of one sheet, from the top."""

    blocks: Sequence[Block] = ()

    def row(self, row: int) -> int:
        """Where a row goes; a row of a block to its first copy."""
        return row + sum(block.added for block in self.blocks if block.last < row)

    def end(self, row: int) -> int:
        """Where a range goes that ends in this row: with the last copy."""
        block = self.block(row)
        return self.row(row) + (block.added if block else 0)

    def block(self, row: int) -> Block | None:
        return next((block for block in self.blocks if row in block), None)


NOWHERE = Moves()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a formula stands: the sheet, and which copy of which block.

    spreads: each cell of a block means all its copies, as in the data of a chart.
    """

    sheet: str
    block: Block | None = None
    copy: int = 0
    spreads: bool = False


_CELL = r"(\$?)([A-Z]{1,3})(\$?)(\d{1,7})"
_REFERENCE = re.compile(
    rf"""
    (?P<text>"(?:[^"]|"")*")
    | (?P<sheet>(?:'(?:[^']|'')+'|[\w.\[\]]+)!)?
      (?<![\w.$\[])(?:{_CELL}(?::{_CELL})?|(?P<rows>\$?\d{{1,7}}:\$?\d{{1,7}}))(?![\w.(!\[])
    """,
    re.VERBOSE,
)
_ADDING = re.compile(r"(?:SUM|AVERAGE|COUNT|COUNTA|MAX|MIN|SUBTOTAL|PRODUCT|MEDIAN)\((?:\d+,)?\s*$", re.IGNORECASE)


def moved_formula(formula: str, place: Place, moves: Mapping[str, Moves]) -> str:
    """The same formula once rows have moved.

    In a copy of a block, what points into the block points into that copy, and what points at the row right above it
    follows too (a running number). Elsewhere a range over a block takes in all its copies, and so does a single cell
    of a block that is summed. What is absolute ($) stays with the first.
    """
    said: list[str] = []
    done = 0
    for found in _REFERENCE.finditer(formula):
        said.append(formula[done : found.start()])
        said.append(_moved(found, formula, place, moves))
        done = found.end()
    return "".join([*said, formula[done:]])


def _moved(found: re.Match[str], formula: str, place: Place, moves: Mapping[str, Moves]) -> str:
    if found["text"]:
        return found[0]
    sheet = _sheet(found["sheet"]) if found["sheet"] else place.sheet
    own = moves.get(sheet)
    if own is None or not own.blocks:
        return found[0]
    home = place if sheet == place.sheet else Place(sheet, spreads=place.spreads)
    prefix = found["sheet"] or ""
    if found["rows"]:
        first, last = (int(one.strip("$")) for one in found["rows"].split(":"))
        return f"{prefix}{own.row(first)}:{own.end(last)}"
    parts = found.groups()[2:10]
    start = _Cell(parts[0], parts[1], parts[2], int(parts[3]))
    if parts[7] is not None:
        return prefix + _range(start, _Cell(parts[4], parts[5], parts[6], int(parts[7])), home, own)
    block = own.block(start.row)
    is_summed = _ADDING.search(formula[: found.start()]) and formula[found.end() : found.end() + 1] in (")", ",")
    if block and block.times > 1 and home.block != block and (is_summed or home.spreads):
        return f"{prefix}{start.at(own.row(start.row))}:{start.at(own.end(start.row))}"
    return prefix + start.at(_row(start, home, own))


class _Cell(NamedTuple):
    """$B$4, taken apart."""

    left: str
    column: str
    fixed: str
    row: int

    def at(self, row: int) -> str:
        return f"{self.left}{self.column}{self.fixed}{row}"


def _range(start: _Cell, end: _Cell, home: Place, own: Moves) -> str:
    if home.block and end.row in home.block:
        # Within this copy, or from somewhere above down to it.
        return f"{start.at(_row(start, home, own))}:{end.at(_row(end, home, own))}"
    return f"{start.at(own.row(start.row))}:{end.at(own.end(end.row))}"


def _row(cell: _Cell, home: Place, own: Moves) -> int:
    if home.block is None or cell.fixed:
        return own.row(cell.row)
    follows = cell.row in home.block or cell.row == home.block.first - 1
    return own.row(cell.row) + (home.copy * home.block.height if follows else 0)


def _sheet(said: str) -> str:
    name = said[:-1]
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


_AREA = re.compile(rf"{_CELL}(?::{_CELL})?")


def moved_area(area: str, moves: Moves) -> str:
    """A1:B5 as it lies once rows have moved, taking in all copies of a block it ends in."""
    found = _AREA.fullmatch(area)
    if found is None:
        return area
    left, column, fixed, row, *other = found.groups()
    start = f"{left}{column}{fixed}{moves.row(int(row))}"
    if other[-1] is None:
        end = moves.end(int(row))
        return start if end == moves.row(int(row)) else f"{start}:{left}{column}{fixed}{end}"
    return f"{start}:{other[0]}{other[1]}{other[2]}{moves.end(int(other[3]))}"


def moved_cell(cell: str, moves: Moves, copy: int = 0) -> str:
    """One cell's new name; of a block the given copy's."""
    found = re.fullmatch(_CELL, cell)
    if found is None:
        return cell
    row = int(found[4])
    block = moves.block(row)
    return f"{found[1]}{found[2]}{found[3]}{moves.row(row) + (copy * block.height if block else 0)}"
