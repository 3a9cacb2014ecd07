"""How high a row must be: no program makes rows of a new sheet high enough for wrapped text by itself."""

from collections.abc import Iterable

LINE_POINTS = 16
# Chinese letters are twice as wide.
_LAST_NARROW = 0x2E80
# Excel takes no more (ECMA-376 Part 1, 18.3.1.73).
_HIGHEST = 405


def letters(text: str) -> int:
    """How many narrow letters a text is wide."""
    return sum(2 if ord(letter) > _LAST_NARROW else 1 for letter in text)


def row_points(cells: Iterable[tuple[object, float]]) -> int:
    """For the cell with the most lines, each given with its column's width."""
    return min(_HIGHEST, LINE_POINTS * max((_lines(str(said or ""), width) for said, width in cells), default=1))


def _lines(text: str, width: float) -> int:
    room = max(1, int(width) - 1)
    return sum(max(1, -(-letters(line) // room)) for line in text.split("\n"))
