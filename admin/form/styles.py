"""Cell formats: what a format shows numbers as, and the same format with one thing changed."""

import copy
from collections.abc import Callable

from lxml import etree

from admin.form.package import Element, Workbook, main

# ECMA-376 Part 1, 18.8.30: formats known by number alone.
GENERAL, TEXT, PERCENT, ONE_DECIMAL_PERCENT = 0, 49, 9, 10
_BUILT_IN_TIMES = frozenset({18, 19, 20, 21, 22, 45, 46, 47, *range(27, 37), *range(50, 59)})
_FIRST_OWN = 164


class Styles:
    """The workbook's formats; a changed one is added once."""

    def __init__(self, book: Workbook) -> None:
        parts = book.related(book.book, "styles")
        self._root: Element = book.tree(parts[0]) if parts else None
        self._made: dict[tuple[object, ...], int] = {}

    def number_format(self, style: int) -> str:
        """The format's code; "" for general, "@" for text."""
        number = self._number(style)
        codes = (
            {}
            if self._root is None
            else {int(one.get("numFmtId", 0)): one.get("formatCode", "") for one in self._codes()}
        )
        if number in codes:
            return str(codes[number])
        known = {GENERAL: "", TEXT: "@", PERCENT: "0%", ONE_DECIMAL_PERCENT: "0.00%"}
        return known.get(number, "h:mm" if number in _BUILT_IN_TIMES else "0")

    def with_number_format(self, style: int, code: str) -> int:
        return self._changed(style, ("number", code), lambda xf: self._set_number(xf, code))

    def as_quoted(self, style: int) -> int:
        """Text that begins like a formula stays text, also when somebody types in the cell."""
        return self._changed(style, ("quoted",), lambda xf: xf.set("quotePrefix", "1"))

    def with_font(self, style: int, *, bold: bool) -> int:
        """Wrapped text at the top of its cell, bold or not."""

        def change(xf: Element) -> None:
            if bold:
                xf.set("fontId", str(self._bold_font()))
                xf.set("applyFont", "1")
            for old in xf.findall(main("alignment")):
                xf.remove(old)
            xf.insert(0, etree.Element(main("alignment"), wrapText="1", vertical="top"))
            xf.set("applyAlignment", "1")

        return self._changed(style, ("wrapped", bold), change)

    def _changed(self, style: int, how: tuple[object, ...], change: Callable[[Element], None]) -> int:
        if self._root is None:
            return style
        if (style, how) not in self._made:
            formats = self._root.find(main("cellXfs"))
            changed = copy.deepcopy(formats[style])
            change(changed)
            formats.append(changed)
            formats.set("count", str(len(formats)))
            self._made[style, how] = len(formats) - 1
        return self._made[style, how]

    def _number(self, style: int) -> int:
        formats = None if self._root is None else self._root.find(main("cellXfs"))
        if formats is None or style >= len(formats):
            return GENERAL
        return int(formats[style].get("numFmtId", 0))

    def _codes(self) -> list[Element]:
        codes = self._root.find(main("numFmts"))
        return [] if codes is None else list(codes)

    def _set_number(self, xf: Element, code: str) -> None:
        codes = self._root.find(main("numFmts"))
        if codes is None:
            codes = etree.Element(main("numFmts"), count="0")
            # The schema wants it before everything else.
            self._root.insert(0, codes)
        same = [one for one in codes if one.get("formatCode") == code]
        if not same:
            number = max([_FIRST_OWN - 1, *(int(one.get("numFmtId", 0)) for one in codes)]) + 1
            same = [etree.SubElement(codes, main("numFmt"), numFmtId=str(number), formatCode=code)]
            codes.set("count", str(len(codes)))
        xf.set("numFmtId", same[0].get("numFmtId"))
        xf.set("applyNumberFormat", "1")

    def _bold_font(self) -> int:
        if ("font",) not in self._made:
            fonts = self._root.find(main("fonts"))
            bold = copy.deepcopy(fonts[0])
            if bold.find(main("b")) is None:
                bold.insert(0, etree.Element(main("b")))
            fonts.append(bold)
            fonts.set("count", str(len(fonts)))
            self._made[("font",)] = len(fonts) - 1
        return self._made[("font",)]
