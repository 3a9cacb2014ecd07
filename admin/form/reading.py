"""Every mark of a workbook, with the cell it stands in."""

from collections.abc import Iterator
from dataclasses import dataclass

from admin.form.cells import Texts, text_of
from admin.form.package import Element, SheetPart, Workbook, careful, main
from stream_jobs.domain.form.errors import FormWithoutMarks
from stream_jobs.domain.form.marks import Mark, marks

HEADER_AND_FOOTER = tuple(
    main(name) for name in ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
)
# More marks than anyone writes: a form is read by a person.
MOST_MARKS = 5_000


@dataclass(frozen=True, slots=True)
class FormMark:
    """A mark where it stands; cell is empty for a page's header or footer."""

    sheet: str
    cell: str
    mark: Mark
    # In a formula it cannot be filled in.
    in_formula: bool = False


@careful
def read_form(content: bytes) -> tuple[FormMark, ...]:
    """In the workbook's order. Raises FormWithoutMarks, and what Workbook raises."""
    book = Workbook(content)
    texts = Texts(book)
    found = tuple(one for sheet in book.sheets for one in _sheet_marks(book, sheet, texts))[:MOST_MARKS]
    if not any(one.mark.key for one in found):
        raise FormWithoutMarks(field="file", expected="marks such as {{报名人数}} in its cells")
    return found


def _sheet_marks(book: Workbook, sheet: SheetPart, texts: Texts) -> Iterator[FormMark]:
    root = book.tree(sheet.part)
    for cell in root.iterfind(f"{main('sheetData')}/{main('row')}/{main('c')}"):
        text = cell_text(cell, texts)
        formula = cell.findtext(main("f"))
        for mark in marks(text or formula or ""):
            yield FormMark(sheet.name, cell.get("r", ""), mark, in_formula=not text)
    for element in _page_texts(root):
        for mark in marks(element.text or ""):
            yield FormMark(sheet.name, "", mark)


def cell_text(cell: Element, texts: Texts) -> str:
    rich = texts.rich(cell)
    return "" if rich is None else text_of(rich)


def _page_texts(root: Element) -> Iterator[Element]:
    for element in root.iterfind(f"{main('headerFooter')}/*"):
        if element.tag in HEADER_AND_FOOTER:
            yield element
