"""Rows with marks of each show, standing once for every show; everything that points at rows follows."""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence

from openpyxl.formula.translate import Translator

from admin.form.moving import NOWHERE, Block, Moves, Place, moved_area, moved_cell, moved_formula
from admin.form.package import Element, SheetPart, Workbook, main

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
XM = "http://schemas.microsoft.com/office/excel/2006/main"
COPY = "copy-of-row"
# Where a comment's box belongs, counted from 0; the part it stands in is not always XML.
_COMMENT_ROW = re.compile(rb"(<x:Row>\s*)(\d+)(\s*</x:Row>)")


def blocks_of(rows: Sequence[int], times: int) -> Moves:
    """Rows next to each other are one block."""
    blocks: list[Block] = []
    for row in sorted(rows):
        if blocks and blocks[-1].last == row - 1:
            blocks[-1] = Block(blocks[-1].first, row, times)
        else:
            blocks.append(Block(row, row, times))
    return Moves(blocks)


def repeat(book: Workbook, moves: Mapping[str, Moves]) -> None:
    """Makes every sheet as long as its blocks are; moves by sheet name. Copies carry their number in COPY."""
    for sheet in book.sheets:
        own = moves.get(sheet.name, NOWHERE)
        root = book.tree(sheet.part)
        _share_no_formulas(root)
        if own.blocks:
            _repeat_rows(root, own)
            _move_ranges(root, own)
            _move_related(book, sheet, own)
        _move_formulas(root, sheet.name, own, moves)
    _move_names(book, moves)
    _move_charts(book, moves)


def copies_of(row: Element) -> int:
    """Which copy of its block a row is."""
    return int(row.get(COPY, 0))


def forget_copies(root: Element) -> None:
    for row in root.iterfind(f"{main('sheetData')}/{main('row')}"):
        row.attrib.pop(COPY, None)


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _share_no_formulas(root: Element) -> None:
    """Formulas that Excel writes once for many cells are written out, as each may move its own way."""
    masters: dict[str, tuple[str, str]] = {}
    for cell in root.iter(main("c")):
        formula = cell.find(main("f"))
        if formula is None or formula.get("t") != "shared":
            continue
        number = formula.get("si", "")
        if formula.text:
            masters[number] = (formula.text, cell.get("r"))
        elif number in masters:
            said, origin = masters[number]
            formula.text = Translator(f"={said}", origin=origin).translate_formula(cell.get("r"))[1:]
        for name in ("t", "si", "ref"):
            formula.attrib.pop(name, None)


def _repeat_rows(root: Element, moves: Moves) -> None:
    data = root.find(main("sheetData"))
    rows = list(data)
    for row in rows:
        data.remove(row)
    by_block: dict[Block | None, list[Element]] = {}
    for row in rows:
        by_block.setdefault(moves.block(int(row.get("r"))), []).append(row)
    whole = by_block.pop(None, [])
    for row in whole:
        _renumber(row, moves.row(int(row.get("r"))))
    for block, own in by_block.items():
        for nth in range(block.times if block else 1):
            whole += [_copy(row, moves, block, nth) for row in own]
    data.extend(sorted(whole, key=lambda row: int(row.get("r"))))


def _copy(row: Element, moves: Moves, block: Block | None, nth: int) -> Element:
    copied = copy.deepcopy(row) if nth else row
    number = moves.row(int(row.get("r"))) if nth == 0 else int(row.get("r")) + nth * (block.height if block else 0)
    _renumber(copied, number)
    copied.set(COPY, str(nth))
    return copied


def _renumber(row: Element, number: int) -> None:
    row.set("r", str(number))
    for cell in row.iterfind(main("c")):
        cell.set("r", re.sub(r"\d+", str(number), cell.get("r")))


# ── what points at rows ───────────────────────────────────────────────────────────────────────────────────────


def _move_ranges(root: Element, moves: Moves) -> None:
    _move_merges(root, moves)
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag in (main("c"), main("row"), main("mergeCell")):
            continue
        name = element.tag.rpartition("}")[2]
        if name in ("dimension", "autoFilter", "sortState", "sortCondition", "hyperlink", "f") and element.get("ref"):
            element.set("ref", moved_area(element.get("ref"), moves))
        if element.get("sqref"):
            element.set("sqref", " ".join(moved_area(one, moves) for one in element.get("sqref").split()))
        if element.tag == f"{{{XM}}}sqref" and element.text:
            element.text = " ".join(moved_area(one, moves) for one in element.text.split())
    for brk in root.iterfind(f"{main('rowBreaks')}/{main('brk')}"):
        brk.set("id", str(moves.end(int(brk.get("id", 0)))))


def _move_merges(root: Element, moves: Moves) -> None:
    """Merged cells within a block stand in every copy; others move, or grow over the copies they span."""
    merges = root.find(main("mergeCells"))
    if merges is None:
        return
    for merge in list(merges):
        first, _, last = merge.get("ref", "").partition(":")
        block = moves.block(_row_of(first))
        if block is None or not last or _row_of(last) not in block:
            merge.set("ref", moved_area(merge.get("ref", ""), moves))
            continue
        for nth in range(block.times):
            place = copy.deepcopy(merge)
            place.set("ref", f"{moved_cell(first, moves, nth)}:{moved_cell(last, moves, nth)}")
            merges.append(place)
        merges.remove(merge)
    merges.set("count", str(len(merges)))


def _row_of(cell: str) -> int:
    return int(re.sub(r"\D", "", cell) or 0)


def _move_formulas(root: Element, sheet: str, own: Moves, moves: Mapping[str, Moves]) -> None:
    """In cells, each at its place; in conditional formats and lists of choices, as they stand for the first row."""
    for row in root.iterfind(f"{main('sheetData')}/{main('row')}"):
        place = _place(row, sheet, own)
        for formula in row.iterfind(f"{main('c')}/{main('f')}"):
            if formula.text:
                formula.text = moved_formula(formula.text, place, moves)
    for path in (".//" + main("conditionalFormatting") + "//" + main("formula"),
                 ".//" + main("dataValidation") + "/" + main("formula1"),
                 ".//" + main("dataValidation") + "/" + main("formula2"), f".//{{{XM}}}f"):  # fmt: skip
        for formula in root.iterfind(path):
            if formula.text:
                formula.text = moved_formula(formula.text, Place(sheet), moves)


def _place(row: Element, sheet: str, own: Moves) -> Place:
    if row.get(COPY) is None:
        return Place(sheet)
    nth, number = copies_of(row), int(row.get("r"))
    block = next(one for one in own.blocks if own.row(one.first) <= number <= own.end(one.last))
    return Place(sheet, block, nth)


def _move_related(book: Workbook, sheet: SheetPart, moves: Moves) -> None:
    for table in (book.tree(part) for part in book.related(sheet.part, "table")):
        for element in [table, *table.iter(main("autoFilter"))]:
            element.set("ref", moved_area(element.get("ref", ""), moves))
    for comments in (book.tree(part) for part in book.related(sheet.part, "comments")):
        for comment in comments.iter(main("comment")):
            comment.set("ref", moved_cell(comment.get("ref", ""), moves))
    for part in book.related(sheet.part, "vmlDrawing"):
        book.rewrite(part, lambda content: _COMMENT_ROW.sub(lambda found: _moved_comment(found, moves), content))
    for drawing in (book.tree(part) for part in book.related(sheet.part, "drawing")):
        for row in drawing.iter(f"{{{DRAWING}}}row"):
            row.text = str(moves.row(int(row.text or 0) + 1) - 1)


def _moved_comment(found: re.Match[bytes], moves: Moves) -> bytes:
    return b"%s%d%s" % (found[1], moves.row(int(found[2]) + 1) - 1, found[3])


def _move_names(book: Workbook, moves: Mapping[str, Moves]) -> None:
    for name in book.tree(book.book).iter(main("definedName")):
        if name.text:
            name.text = moved_formula(name.text, Place(""), moves)


def _move_charts(book: Workbook, moves: Mapping[str, Moves]) -> None:
    for chart in _charts(book):
        for formula in chart.iter(f"{{{CHART}}}f"):
            formula.text = moved_formula(formula.text or "", Place("", spreads=True), moves)


def _charts(book: Workbook) -> Iterator[Element]:
    for sheet in book.sheets:
        for drawing in book.related(sheet.part, "drawing"):
            yield from (book.tree(part) for part in book.related(drawing, "chart"))
