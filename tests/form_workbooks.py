"""Three bureaus' own workbooks with marks in them, each made in another habit."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, cast

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Color, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from stream_jobs.domain.form.marks import ONLY_ALL, ONLY_EACH, known_names
from stream_jobs.domain.form.values import Duration, Filling
from stream_jobs.domain.metrics import METRICS

_THIN = Side(style="thin")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)


def a_filling(*shows: Mapping[str, Any], **whole: Any) -> Filling:
    """Each show as {title, visits, applicants, clicks, appliers …}; apply_rate is made of the last two."""
    each = [
        {"nth": nth, **show, "apply_rate": METRICS["apply_rate"].ratio(show.get("appliers", 0), show.get("clicks", 0))}
        for nth, show in enumerate(shows, start=1)
    ]
    return Filling({"filled_in_by": "李会计", "shows": len(each), "on_air_seconds": Duration(7_560), **whole}, each)


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def monthly_list() -> bytes:
    """Portrait: a merged title, two rows of headings, a row for each show, sums below, a signature; printed on A4."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "月报"
    page.merge_cells("A1:G1")
    page["A1"] = "{{填报单位}}直播带岗活动月报（{{开始日期}}至{{截止日期}}）"
    page["A1"].font = Font(name="宋体", size=18, bold=True)
    page["A1"].alignment = Alignment(horizontal="center")
    for area, said in (("A2:A3", "序号"), ("B2:B3", "活动名称"), ("C2:D2", "观看"), ("E2:G2", "报名")):
        page.merge_cells(area)
        page[area.partition(":")[0]] = said
    for cell, said in (("C3", "人次"), ("D3", "人数"), ("E3", "人数"), ("F3", "报名率"), ("G3", "每百人次报名")):
        page[cell] = said
    row = (
        "{{每场.序号}}",
        "{{每场.场次}}",
        "{{每场.到访人次}}",
        "{{每场.到访人数}}",
        "{{每场.报名人数}}",
        "{{每场.报名率}}",
    )
    for nth, said in enumerate(row, start=1):
        page.cell(4, nth, said).border = _BOX
    page["G4"] = "=E4/C4*100"
    page["G4"].number_format = "0.00"
    page["C4"].number_format = "#,##0"
    page.row_dimensions[4].height = 33
    page["A5"] = "合计"
    page["C5"], page["D5"], page["E5"] = "=SUM(C4:C4)", "{{到访人数}}", "=SUM(E4)"
    page.merge_cells("A6:G6")
    page["A6"] = "填报人：{{填报人}}　　共{{场次数}}场，播出{{播出时长}}"
    page.column_dimensions["B"].width = 31.5
    page.print_area = "A1:G6"
    page.print_title_rows = "1:3"
    page.page_setup.paperSize = 9
    cast(Any, page.oddFooter).center.text = "{{填报单位}} 第 &P 页"
    return saved(book)


def key_and_value() -> bytes:
    """Landscape: labels and values on two sheets, formulas across them, a list of choices, a hidden sheet, names."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "基本 情况"
    lines = (
        ("主办单位", "{{填报单位}}"),
        ("活动时间", "{{时间}}"),
        ("报名人数", "{{报名人数}}"),
        ("报名率", "{{报名率}}"),
    )
    for nth, (label, value) in enumerate(lines, start=2):
        page.cell(nth, 2, label).fill = PatternFill("solid", fgColor="FFDDEBF7")
        page.cell(nth, 3, value)
    page["C5"].number_format = "0.00%"
    page["B7"], page["C7"] = "级别", "县级"
    choices = DataValidation(type="list", formula1='"省级,市级,县级"')
    choices.add("C7")
    page.add_data_validation(choices)
    page.page_setup.orientation = "landscape"
    page["E2"] = CellRichText(
        "本场", TextBlock(InlineFont(b=True, color=Color("FFC00000")), "{{到访"), "人次}}人次，报名{{报名人数}}人"
    )
    second = book.create_sheet("汇总表")
    second["A1"] = "每千人报名"
    second["B1"] = "='基本 情况'!C4/1000"
    second["A2"] = "备注：{{平台}}"
    hidden = book.create_sheet("字典")
    hidden["A1"] = "{{报名人数}}"
    hidden.sheet_state = "hidden"
    book.defined_names["报名"] = DefinedName("报名", attr_text="'基本 情况'!$C$4")
    return saved(book)


def with_charts() -> bytes:
    """Excel's own table of shows, a chart over it, colours by rule, a comment; on another sheet a block of two rows."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "统计"
    for nth, said in enumerate(("场次", "到访", "报名", "转化"), start=1):
        page.cell(3, nth, said)
    for nth, said in enumerate(("{{每场.场次}}", "{{每场.到访人次}}", "{{每场.报名人数}}"), start=1):
        page.cell(4, nth, said)
    page["D4"] = "=C4/B4"
    page.add_table(Table(displayName="场次表", ref="A3:D4"))
    page.conditional_formatting.add("C4:C4", _below("$B$8"))
    page["A8"], page["B8"] = "目标", 10
    page["A6"] = "最高"
    page["B6"] = "=MAX(B4:B4)"
    page["B6"].comment = Comment("各场里最高的", "局里")
    chart = BarChart()
    chart.add_data(Reference(page, min_col=2, min_row=3, max_row=4), titles_from_data=True)
    chart.set_categories(Reference(page, min_col=1, min_row=4, max_row=4))
    cast(Any, page).add_chart(chart, "F9")
    second = book.create_sheet("分场")
    second["A2"], second["B2"] = "{{每场.序号}}", "{{每场.场次}}"
    second.merge_cells("A3:B3")
    second["A3"] = "到访{{每场.到访人次}}人次，报名{{每场.报名人数}}人"
    second["A4"] = "=COUNTA(B2:B3)"
    return saved(book)


EVERY_MARK = "所有标记"


def with_every_mark(content: bytes) -> bytes:
    """The same workbook with a sheet more: each name a mark may have beside its key, of all shows and of each."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    page = book.create_sheet(EVERY_MARK)
    for name, key in known_names().items():
        if key not in ONLY_EACH:
            page.append([key, f"{{{{{name}}}}}"])
    of_each = [(name, key) for name, key in known_names().items() if key not in ONLY_ALL]
    page.append([key for _, key in of_each])
    page.append([f"｛｛每场.{name}｝｝" for name, _ in of_each])
    return saved(book)


def _below(cell: str) -> Rule:
    return Rule(
        type="cellIs", operator="lessThan", formula=[cell], dxf=DifferentialStyle(fill=PatternFill(bgColor="FFFFC7CE"))
    )


def rewritten(content: bytes, part: str, change: Callable[[str], str]) -> bytes:
    """The same workbook with one part's text changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data.decode()).encode() if name == part else data)
    return out.getvalue()


def with_shared_formula(content: bytes) -> bytes:
    """G4 of the monthly list as Excel writes a formula that was dragged: once, for G4 and G5."""

    def share(text: str) -> str:
        text = re.sub(
            r'(<c r="G4"[^>]*>)<f>([^<]*)</f><v ?/?>(?:</v>)?',
            r'\1<f t="shared" ref="G4:G5" si="0">\2</f><v>0</v>',
            text,
        )
        return re.sub(r"(</c>)(</row><row r=\"6\")", r'\1<c r="G5"><f t="shared" si="0"/><v>0</v></c>\2', text)

    return rewritten(content, "xl/worksheets/sheet1.xml", share)


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content), rich_text=True)
