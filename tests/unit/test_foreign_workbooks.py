"""Workbooks that other programs wrote: jobs, what employers say became of applicants, and a bureau's form."""

import io
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest

from admin.form.filling import fill_form
from admin.form.reading import read_form
from admin.workbook import read_workbook
from stream_jobs.domain.following import State
from stream_jobs.domain.job_sheet import Imports, read_jobs
from stream_jobs.domain.people_sheet.reading import PersonRow, read_people
from tests.form_workbooks import a_filling, monthly_list
from tests.people_workbooks import a_csv

TODAY = date(2026, 11, 22)
# 2026-11-21 and half past twelve, as a spreadsheet keeps it: days since the end of 1899.
DAY, MOMENT = 46_347, 46_347.5208333333
LOOKS: dict[object, int] = {DAY: 1, MOMENT: 2}
TYPED: dict[object, object] = {DAY: "2026-11-21", MOMENT: "2026-11-21 12:30"}
JOBS = (
    ("企业名称", "岗位名称", "招聘人数", "薪资待遇", "工作地点", "截止日期"),
    ("示例·星河电子", "普工", 60, "5500-7000元/月", "东莞长安", DAY),
    ("示例·物业", "保安 & 门卫", 3, 4500, "东莞南城", DAY),
)
RETURNED = (
    ("编号", "称呼", "手机", "岗位", "报名时间", "联系结果", "备注"),
    (312, "王师傅", 13800000001, "3号 焊工", MOMENT, "约面试", "周三<下午>"),
    (313, "李女士", 13800000002, "3号 焊工", MOMENT, "打通了", ""),
)
FORM = (
    ("直播带岗月报（{{填报单位}}）", "", ""),
    ("场次", "到访人次", "报名人数"),
    ("{{每场.场次}}", "{{每场.到访人次}}", "{{每场.报名人数}}"),
    ("合计", "{{到访人次}}", "{{报名人数}}"),
)
SHOWS = (
    {"title": "珠海专场", "visits": 3_571, "applicants": 52},
    {"title": "东莞专场", "visits": 800, "applicants": 6},
)

TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATED = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet.xml" ContentType="{KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{RELATED}">'
    f'<Relationship Id="a" Type="{OFFICE}/officeDocument" Target="/xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATED}">'
    f'<Relationship Id="R1" Type="{OFFICE}/worksheet" Target="/xl/worksheets/sheet.xml"/>'
    f'<Relationship Id="R2" Type="{OFFICE}/styles" Target="/xl/styles.xml"/></Relationships>',
    "xl/workbook.xml": f'<x:workbook xmlns:x="{MAIN}" xmlns:r="{OFFICE}"><x:sheets>'
    '<x:sheet name="Sheet1" sheetId="7" r:id="R1"/></x:sheets></x:workbook>',
    "xl/styles.xml": f'<x:styleSheet xmlns:x="{MAIN}"><x:numFmts count="1"><x:numFmt numFmtId="176" '
    'formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/></x:numFmts><x:fonts count="1"><x:font/></x:fonts>'
    '<x:fills count="1"><x:fill><x:patternFill/></x:fill></x:fills><x:borders count="1"><x:border/></x:borders>'
    '<x:cellStyleXfs count="1"><x:xf/></x:cellStyleXfs><x:cellXfs count="3">'
    '<x:xf numFmtId="0"/><x:xf numFmtId="176"/><x:xf numFmtId="22"/></x:cellXfs>'
    '<x:cellStyles count="1"><x:cellStyle name="Normal" xfId="0" builtinId="0"/></x:cellStyles></x:styleSheet>',
}
Rows = Sequence[Sequence[object]]


def by_a_reporting_program(rows: Rows) -> bytes:
    """As the Open XML SDK writes: a prefix before every name, texts in their cells, dates as numbers."""
    lines = "".join(f"<x:row>{''.join(map(_cell, row))}</x:row>" for row in rows)
    sheet = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{lines}</x:sheetData></x:worksheet>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        for name, content in {**PARTS, "xl/worksheets/sheet.xml": sheet}.items():
            book.writestr(name, content)
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, str):
        return f'<x:c t="inlineStr"><x:is><x:t>{escape(value)}</x:t></x:is></x:c>' if value else "<x:c/>"
    look = LOOKS.get(value, 0)
    return f'<x:c s="{look}"><x:v>{value}</x:v></x:c>'


def jobs_are_read(content: bytes) -> None:
    reading = read_jobs(read_workbook(content), today=TODAY)

    taken = [verdict for _, verdict in reading if isinstance(verdict, Imports)]
    assert [(one.draft.title, one.draft.headcount.min) for one in taken] == [("普工", 60), ("保安 & 门卫", 3)]


def outcomes_are_read(content: bytes) -> None:
    found = read_people(read_workbook(content), "outcomes", TODAY)

    rows = [row for row in found.rows if isinstance(row, PersonRow)]
    assert [(row.number, row.phone) for row in rows] == [(312, "+8613800000001"), (313, "+8613800000002")]
    assert [row.result and row.result.state for row in rows] == [State.INTERVIEW, State.CONTACTED]


def the_form_is_filled(content: bytes, *totals: int, marks: int) -> None:
    found = read_form(content)
    filled = fill_form(content, a_filling(*SHOWS, visits=4_371, applicants=57, organiser="示例县人社局"))

    assert [one.mark.key for one in found if one.mark.key is None] == []
    assert len(found) == marks
    page = openpyxl.load_workbook(io.BytesIO(filled), data_only=True).worksheets[0]
    said = {cell for row in page.iter_rows(values_only=True) for cell in row}
    assert said >= {"珠海专场", "东莞专场", 3_571, 800, 52, 6, *totals}
    assert all(one.cell for one in found if "填报单位" not in one.mark.text)


def test_what_a_reporting_program_wrote_is_read() -> None:
    """No file of ours nor of the library that makes the other tests' files looks like it."""
    jobs_are_read(by_a_reporting_program(JOBS))
    outcomes_are_read(by_a_reporting_program(RETURNED))
    the_form_is_filled(by_a_reporting_program(FORM), 4_371, 57, marks=6)


def by_office(folder: Path, ending: str, **files: bytes) -> list[bytes]:
    """Each read by LibreOffice and written again, texts as UTF-8."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    names = [name.replace("_", ".") for name in files]
    profile = f"-env:UserInstallation=file://{folder}/profile"
    reading = ["--infilter=CSV:44,34,76,1"] if names[0].endswith(".csv") else []
    command = ["soffice", "--headless", profile, *reading, "--convert-to", ending, "--outdir", "again", *names]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    return [(folder / "again" / name).with_suffix(f".{ending}").read_bytes() for name in names]


@pytest.mark.drill
@pytest.mark.skipif(shutil.which("soffice") is None, reason="no office program here")
def test_what_an_office_program_wrote_is_read(tmp_path: Path) -> None:
    """Typed lists become workbooks with numbers and dates of its own making; a form has been through its own format."""
    jobs_typed, people_typed = ([[TYPED.get(cell, cell) for cell in row] for row in rows] for rows in (JOBS, RETURNED))
    jobs, outcomes = by_office(tmp_path, "xlsx", jobs_csv=a_csv(*jobs_typed), people_csv=a_csv(*people_typed))
    [opened] = by_office(tmp_path, "ods", form_xlsx=monthly_list())
    [form] = by_office(tmp_path, "xlsx", form_ods=opened)

    jobs_are_read(jobs)
    outcomes_are_read(outcomes)
    the_form_is_filled(form, marks=len(read_form(monthly_list())))
