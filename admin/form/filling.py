"""A form filled in: values in place of marks, a row for each show, and a sheet that says what each figure counts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from admin.form import repeating
from admin.form.cells import Lookup, Texts, fill, text_of
from admin.form.definitions import add_definitions
from admin.form.moving import Moves
from admin.form.package import Element, SheetPart, Workbook, careful, main
from admin.form.reading import HEADER_AND_FOOTER
from admin.form.styles import Styles
from stream_jobs.domain.form.marks import Mark, marks
from stream_jobs.domain.form.values import Filling, Value, as_text


@dataclass(frozen=True, slots=True)
class _Marked:
    """A cell with marks, and what it says."""

    row: Element
    cell: Element
    rich: Element
    marks: Sequence[Mark]


@careful
def fill_form(content: bytes, filling: Filling) -> bytes:
    """The workbook with its marks filled in; a mark nobody knows stays as it is, so that it is seen.

    Formulas are kept and counted anew when the file is opened. Raises what Workbook raises.
    """
    book = Workbook(content)
    texts, styles = Texts(book), Styles(book)
    times = max(1, len(filling.each))
    moves = {sheet.name: _blocks(book, sheet, texts, times) for sheet in book.sheets}
    repeating.repeat(book, moves)
    used: list[str] = []
    for sheet in book.sheets:
        used += _fill_sheet(book, sheet, texts, styles, filling)
    _count_anew(book)
    add_definitions(book, styles, used)
    return book.packed()


def _blocks(book: Workbook, sheet: SheetPart, texts: Texts, times: int) -> Moves:
    rows = {
        int(found.row.get("r") or 0)
        for found in _marked(book.tree(sheet.part), texts)
        if any(mark.each and mark.key for mark in found.marks)
    }
    return repeating.blocks_of(sorted(rows), times)


def _marked(root: Element, texts: Texts) -> list[_Marked]:
    found = []
    for row in root.iterfind(f"{main('sheetData')}/{main('row')}"):
        for cell in row.iterfind(main("c")):
            rich = texts.rich(cell)
            if rich is not None and (own := list(marks(text_of(rich)))):
                found.append(_Marked(row, cell, rich, own))
    return found


def _fill_sheet(book: Workbook, sheet: SheetPart, texts: Texts, styles: Styles, filling: Filling) -> list[str]:
    """Returns the metrics that were filled in."""
    root = book.tree(sheet.part)
    used: list[str] = []
    for found in _marked(root, texts):
        if any(mark.key for mark in found.marks):
            fill(found.cell, found.rich, _lookup(filling, repeating.copies_of(found.row)), styles)
        used += [mark.key for mark in found.marks if mark.key and mark.is_metric]
    for element in root.iterfind(f"{main('headerFooter')}/*"):
        if element.tag in HEADER_AND_FOOTER and element.text:
            element.text = _page_text(element.text, _lookup(filling, 0))
    repeating.forget_copies(root)
    return used


def _lookup(filling: Filling, nth: int) -> Lookup:
    each: Mapping[str, Value] = filling.each[nth] if nth < len(filling.each) else {}

    def value(mark: Mark) -> Value:
        if mark.key is None:
            return mark.text
        return each.get(mark.key) if mark.each else filling.whole.get(mark.key)

    return value


def _page_text(text: str, lookup: Lookup) -> str:
    """In a header or footer & begins a command: as a letter it stands twice."""
    said = text
    for mark in reversed(list(marks(text))):
        if mark.key:
            said = said[: mark.start] + as_text(lookup(mark)).replace("&", "&&") + said[mark.end :]
    return said


def _count_anew(book: Workbook) -> None:
    """What formulas said before is forgotten; whoever opens the file counts."""
    for sheet in book.sheets:
        for cell in book.tree(sheet.part).iter(main("c")):
            if cell.find(main("f")) is not None:
                for old in cell.findall(main("v")):
                    cell.remove(old)
                cell.attrib.pop("t", None)
    for part in book.related(book.book, "calcChain"):
        book.drop(part)
    root = book.tree(book.book)
    settings = root.find(main("calcPr"))
    if settings is None:
        settings = etree.Element(main("calcPr"))
        root.insert(_place_of_calculation(root), settings)
    settings.set("fullCalcOnLoad", "1")


def _place_of_calculation(root: Element) -> int:
    """The schema has an order: after the sheets, links and names, before everything else."""
    before = re.compile(
        r"\{.*\}(?:fileVersion|fileSharing|workbookPr|workbookProtection|bookViews|sheets|functionGroups"
        r"|externalReferences|definedNames|AlternateContent|revisionPtr)"
    )
    places = [nth for nth, child in enumerate(root) if isinstance(child.tag, str) and before.fullmatch(child.tag)]
    return max(places, default=-1) + 1
