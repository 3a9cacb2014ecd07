"""Texts of cells, and what is written in their place."""

import copy
import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from lxml import etree

from admin.form.package import Element, Workbook, main
from admin.form.styles import Styles
from stream_jobs.domain.form.marks import Mark, marks
from stream_jobs.domain.form.values import Duration, Value, as_text
from stream_jobs.domain.metrics import Ratio
from stream_jobs.domain.text import FORMULA_BEGINNINGS

PERCENT = "0.0%"
ONE_DECIMAL = "0.0"
HOURS = '[h]"小时"mm"分"'
# What XML 1.0 cannot hold (§2.2).
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
Lookup = Callable[[Mark], Value]


class Texts:
    """What cells say, shared strings or their own."""

    def __init__(self, book: Workbook) -> None:
        parts = book.related(book.book, "sharedStrings")
        self._shared = list(book.tree(parts[0]).iterfind(main("si"))) if parts else []

    def rich(self, cell: Element) -> Element | None:
        """The cell's text with its runs; None for a number, a formula or nothing."""
        if cell.find(main("f")) is not None:
            return None
        if cell.get("t") == "inlineStr":
            return cell.find(main("is"))
        value = cell.find(main("v"))
        if cell.get("t") != "s" or value is None or not (value.text or "").isdigit():
            return None
        nth = int(value.text)
        return self._shared[nth] if nth < len(self._shared) else None


def text_of(rich: Element) -> str:
    return "".join(one.text or "" for one in _pieces(rich))


def _pieces(rich: Element) -> list[Element]:
    """The text's parts in order, without how it is pronounced."""
    return [
        piece
        for child in rich
        for piece in ([child] if child.tag == main("t") else child.findall(main("t")) if child.tag == main("r") else [])
    ]


def fill(cell: Element, rich: Element, lookup: Lookup, styles: Styles) -> None:
    """A cell that is one mark becomes its value; within a text each mark becomes text."""
    whole = text_of(rich)
    found = list(marks(whole))
    if len(found) == 1 and whole.strip() == found[0].text:
        _set(cell, lookup(found[0]), rich, styles)
    else:
        _set_rich(cell, _filled(rich, found, lookup), styles)


def _set(cell: Element, value: Value, rich: Element, styles: Styles) -> None:
    style = int(cell.get("s", 0))
    shows = styles.number_format(style)
    is_plain = shows in ("", "@", "0", "#,##0")
    match value:
        case int():
            _number(cell, str(value))
        case Ratio() if value.value is not None:
            _number(cell, repr(value.value.numerator / value.value.denominator))
            if "%" not in shows:
                _style(cell, styles.with_number_format(style, PERCENT))
        case Decimal():
            _number(cell, str(value))
            if is_plain:
                _style(cell, styles.with_number_format(style, ONE_DECIMAL))
        case Duration():
            _number(cell, repr(value.seconds / 86400))
            if "h" not in shows.lower():
                _style(cell, styles.with_number_format(style, HOURS))
        case _:
            _set_rich(cell, _said(rich, as_text(value) if isinstance(value, Ratio) else value or ""), styles)


def _number(cell: Element, said: str) -> None:
    _empty(cell)
    etree.SubElement(cell, main("v")).text = said


def _style(cell: Element, style: int) -> None:
    cell.set("s", str(style))


def _empty(cell: Element) -> None:
    for child in list(cell):
        if child.tag != main("extLst"):
            cell.remove(child)
    cell.attrib.pop("t", None)


def _set_rich(cell: Element, rich: Element, styles: Styles) -> None:
    """Text is written as text, never as a formula, whatever it begins with."""
    _empty(cell)
    text = text_of(rich)
    if not text:
        return
    cell.set("t", "inlineStr")
    cell.insert(0, rich)
    if text.lstrip(" ").startswith(FORMULA_BEGINNINGS):
        _style(cell, styles.as_quoted(int(cell.get("s", 0))))


def _said(rich: Element, said: str) -> Element:
    """The text alone, in the look of the first run there was."""
    copied = _copied(rich)
    pieces = _pieces(copied)
    for nth, piece in enumerate(pieces):
        _put(piece, said if nth == 0 else "")
    return copied


def _filled(rich: Element, found: Sequence[Mark], lookup: Lookup) -> Element:
    """Each mark's text in the run in which the mark begins."""
    copied = _copied(rich)
    at = 0
    for piece in _pieces(copied):
        text = piece.text or ""
        _put(piece, _piece(text, at, found, lookup))
        at += len(text)
    return copied


def _piece(text: str, at: int, found: Sequence[Mark], lookup: Lookup) -> str:
    said: list[str] = []
    done = at
    end = at + len(text)
    for mark in found:
        if mark.end <= at or mark.start >= end:
            continue
        said.append(text[done - at : max(mark.start, at) - at])
        if mark.start >= at:
            said.append(as_text(lookup(mark)))
        done = min(mark.end, end)
    return "".join([*said, text[done - at :]])


def _copied(rich: Element) -> Element:
    copied = etree.Element(main("is"))
    copied.extend([copy.deepcopy(child) for child in rich if child.tag in (main("t"), main("r"))])
    return copied


def _put(piece: Element, said: str) -> None:
    piece.text = _UNWRITABLE.sub("", said)
    piece.set(_SPACE, "preserve")
