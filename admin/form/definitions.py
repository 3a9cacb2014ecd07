"""The sheet at the end of a filled form: each figure in it, and how it is counted."""

from collections.abc import Iterator, Sequence

from lxml import etree

from admin.cell_size import row_points
from admin.form.package import MAIN, RELATIONS, SHEET_TYPE, Element, Workbook, main
from admin.form.styles import Styles
from stream_jobs.domain.metrics import METRICS

NAME = "指标说明"
HEADINGS = ("指标", "怎么算", "Metric", "How it is counted")
_WIDTHS = (22, 60, 26, 60)


def add_definitions(book: Workbook, styles: Styles, keys: Sequence[str]) -> None:
    """In the registry's order, each once; nothing where no figure stands in the form."""
    used = [key for key in METRICS if key in set(keys)]
    if not used:
        return
    part = _free_part(book)
    book.add(part, _sheet(styles, used), SHEET_TYPE)
    id_ = book.relate(book.book, "worksheet", part)
    sheets = book.tree(book.book).find(main("sheets"))
    numbers = [int(one.get("sheetId", 0)) for one in sheets]
    sheet = etree.SubElement(sheets, main("sheet"), name=_free_name(one.get("name", "") for one in sheets))
    sheet.set("sheetId", str(max(numbers, default=0) + 1))
    sheet.set(f"{{{RELATIONS}}}id", id_)


def _free_part(book: Workbook) -> str:
    nth = 1
    while book.has(f"xl/worksheets/sheet{nth}.xml"):
        nth += 1
    return f"xl/worksheets/sheet{nth}.xml"


def _free_name(taken: Iterator[str]) -> str:
    names = {name.casefold() for name in taken}
    nth = 1
    while (name := NAME if nth == 1 else f"{NAME} ({nth})") in names:
        nth += 1
    return name


def _sheet(styles: Styles, keys: Sequence[str]) -> Element:
    root = etree.Element(main("worksheet"), nsmap={None: MAIN, "r": RELATIONS})
    etree.SubElement(etree.SubElement(root, main("sheetPr")), main("pageSetUpPr"), fitToPage="1")
    columns = etree.SubElement(root, main("cols"))
    for nth, width in enumerate(_WIDTHS, start=1):
        etree.SubElement(columns, main("col"), min=str(nth), max=str(nth), width=str(width), customWidth="1")
    data = etree.SubElement(root, main("sheetData"))
    lines = [HEADINGS, *((METRICS[key].name("zh-CN"), METRICS[key].definition("zh-CN"), METRICS[key].name("en"),
                          METRICS[key].definition("en")) for key in keys)]  # fmt: skip
    for number, line in enumerate(lines, start=1):
        row = etree.SubElement(
            data, main("row"), r=str(number), ht=str(row_points(zip(line, _WIDTHS, strict=True))), customHeight="1"
        )
        style = styles.with_font(0, bold=number == 1)
        for letter, said in zip("ABCD", line, strict=True):
            cell = etree.SubElement(row, main("c"), r=f"{letter}{number}", s=str(style), t="inlineStr")
            etree.SubElement(etree.SubElement(cell, main("is")), main("t")).text = said
    etree.SubElement(root, main("pageSetup"), paperSize="9", orientation="landscape", fitToHeight="0")
    return root
