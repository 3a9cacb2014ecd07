"""Workbook bytes in, sheets of cells out; and the faulty rows back as a workbook."""

import io
import random
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
import xlsxwriter
import xlwt
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from admin.faulty_workbook import faulty_list, faulty_workbook
from admin.import_reader import WrongPerson
from admin.workbook import MAX_BYTES, read_workbook
from stream_jobs.domain.errors import BadInput
from stream_jobs.domain.job_sheet import (
    MAX_DATA_ROWS,
    Cell,
    Faulty,
    Imports,
    Merge,
    Reading,
    Sheet,
    Skipped,
    WorkbookEncrypted,
    WorkbookTooLarge,
    WorkbookTooLong,
    WorkbookUnreadable,
    read_jobs,
)
from stream_jobs.domain.people_sheet.reading import PeopleReading, PersonRow, read_people

TODAY = date(2025, 11, 21)
MARCH_5 = datetime.fromisoformat("2025-03-05")
HEADER: list[Cell] = ["企业名称", "岗位名称", "招聘人数", "薪资待遇", "工作地点"]
GOOD: list[Cell] = ["星河电子", "普工", 60, "5500-7000元/月", "东莞长安"]
BAD: list[Cell] = ["星河电子", "品检员", "见备注", "5000-6000元/月", "东莞长安"]


def xlsx(rows: Sequence[Sequence[Cell]], merges: Sequence[str] = (), name: str = "岗位") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = name
    for row in rows:
        sheet.append(list(row))
    for merge in merges:
        sheet.merge_cells(merge)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls(rows: Sequence[Sequence[Cell]], merged: tuple[int, int, int, int] | None = None) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("岗位")
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            if value is not None and not (merged and (row, column) == (merged[0], merged[2])):
                sheet.write(row, column, value)
    if merged:
        sheet.write_merge(*merged, rows[merged[0]][merged[2]])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(data: bytes) -> Reading:
    return read_jobs(read_workbook(data), today=TODAY)


def opened(data: bytes) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_xlsx_keeps_places_types_and_merges() -> None:
    data = xlsx([["标题"], [], ["a", 3, 2.5, MARCH_5], ["b"]], merges=["A1:D1", "B3:B4"])

    (sheet,) = read_workbook(data)

    assert sheet.name == "岗位" and not sheet.hidden
    assert [list(row)[:1] for row in sheet.rows] == [["标题"], [""], ["a"], ["b"]]
    assert list(sheet.rows[2]) == ["a", 3, 2.5, date(2025, 3, 5)]
    assert set(sheet.merges) == {Merge(1, 1, 1, 4), Merge(3, 2, 4, 2)}


def test_xls_of_1997_is_read_with_its_merges() -> None:
    rows: list[list[Cell]] = [HEADER, GOOD, [None, *BAD[1:]], [None, "保安", 3, "4500元/月", "东莞"]]

    reading = read(xls(rows, merged=(1, 3, 0, 0)))

    assert [type(verdict) for _, verdict in reading] == [Skipped, Imports, Faulty, Imports]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_files_are_read_in_the_encodings_and_with_the_marks_in_use(encoding: str, delimiter: str) -> None:
    rows: list[list[Cell]] = [HEADER, ["星河电子", "普工", "60", '"5,500-7,000"', "东莞长安"]]
    text = "\r\n".join(delimiter.join(map(str, row)) for row in rows)

    reading = read(text.encode(encoding))

    assert reading.count(Imports) == 1


def test_commas_and_line_breaks_inside_quotes_do_not_cut() -> None:
    """Descriptions full of Chinese commas once made them the separator."""
    words = "一，二，三，四\n五，六，七；\n八，九"
    text = "\n".join(["企业名称,岗位名称,招聘人数,薪资待遇,工作地点,岗位要求", f'甲,乙,3,面议,东莞,"{words}"'])

    (draft,) = [verdict.draft for _, verdict in read(text.encode()) if isinstance(verdict, Imports)]

    assert draft.requirements == words


def test_dates_and_times_survive_the_way_out_of_the_reader() -> None:
    cells: list[Cell] = [
        MARCH_5,
        datetime.fromisoformat("2025-03-05T14:30"),
        time(8, 30),
        timedelta(hours=30),
        True,
        3.5,
    ]

    (sheet,) = read_workbook(xlsx([cells]))

    assert list(sheet.rows[0]) == [date(2025, 3, 5), *cells[1:]]


def test_hidden_sheets_are_named_and_not_read() -> None:
    book = openpyxl.Workbook()
    book.create_sheet("字典").sheet_state = "hidden"
    book.create_sheet("更深").sheet_state = "veryHidden"
    book.worksheets[1].append(["x"])

    sheets = read_workbook(saved(book))

    assert [(sheet.name, sheet.hidden, len(sheet.rows)) for sheet in sheets[1:]] == [
        ("字典", True, 0),
        ("更深", True, 0),
    ]


def test_content_decides_not_the_name() -> None:
    """A text file saved as .xls and an .xlsx renamed to .xls are everyday things."""
    assert read_workbook("企业名称\t岗位名称\n甲\t乙\n".encode("gb18030")) == [
        Sheet("CSV", [["企业名称", "岗位名称"], ["甲", "乙"]])
    ]


# ── refusing ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello world",
        "一段没有表格的文字".encode(),
        b"%PDF-1.7\n%\xe2\xe3",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"<html><table><tr><td>1</td></tr></table></html>",
        bytes(range(256)) * 20,
        b"PK\x03\x04 and nothing",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000),
        xlsx([HEADER, GOOD])[:3000],
        xls([HEADER, GOOD])[:3000],
    ],
    ids=["empty", "words", "chinese", "pdf", "png", "html", "bytes", "zip", "compound", "cut xlsx", "cut xls"],
)
def test_what_is_no_workbook_is_refused_with_what_is_expected(data: bytes) -> None:
    with pytest.raises(WorkbookUnreadable) as refused:
        read_workbook(data)

    assert (refused.value.code, refused.value.field) == ("workbook_unreadable", "file")
    assert refused.value.expected == "an .xlsx, .xls or .csv file"


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_xls_never_takes_the_server_with_it(seed: int) -> None:
    """Damage in its sector table made the reader ask for 174 GB, which ended the process."""
    chance = random.Random(seed)
    data = bytearray(xls([HEADER, GOOD, BAD]))
    for _ in range(10):
        data[chance.randrange(512, len(data)) if chance.random() < 0.5 else chance.randrange(512)] = chance.randrange(
            256
        )

    try:
        read_workbook(bytes(data))
    except BadInput as refused:
        assert refused.field == "file" and refused.expected


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def test_other_office_files_are_no_workbooks() -> None:
    with pytest.raises(WorkbookUnreadable):
        read_workbook(zipped(**{"[Content_Types].xml": b"<Types/>", "word__document.xml": b"<document/>"}))


def test_a_workbook_with_a_password_is_told_apart() -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "EncryptedPackage".encode("utf-16-le") + bytes(1000)

    with pytest.raises(WorkbookEncrypted):
        read_workbook(data)


def test_too_many_bytes_are_refused_before_anything_is_read() -> None:
    with pytest.raises(WorkbookTooLarge):
        read_workbook(b"PK\x03\x04" + bytes(MAX_BYTES))


def test_a_zip_bomb_is_refused_while_it_unpacks() -> None:
    """150 MB of spaces come as 150 kB."""
    data = zipped(**{"[Content_Types].xml": b"<Types/>", "xl__workbook.xml": b" " * 150_000_000})

    assert len(data) < 1_000_000
    with pytest.raises(WorkbookTooLarge):
        read_workbook(data)


def long_xlsx(rows: int, cells: Sequence[Cell]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    sheet = book.add_worksheet("岗位")
    for row in range(rows):
        sheet.write_row(row, 0, cells)
    book.close()
    return out.getvalue()


def test_a_sheet_with_too_many_rows_is_refused() -> None:
    with pytest.raises(WorkbookTooLong):
        read_workbook(long_xlsx(MAX_DATA_ROWS + 3000, [1]))


def test_a_text_file_with_too_many_rows_is_refused() -> None:
    with pytest.raises(WorkbookTooLong):
        read_workbook(b"a,b\n" * (MAX_DATA_ROWS + 3000))


def test_two_cells_at_the_far_corners_do_not_cost_the_rectangle_between() -> None:
    """A reader that fills in the rest would ask for seventeen thousand million cells."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write(0, 0, "a")
    sheet.write(1_048_575, 16_383, "b")
    book.close()

    with pytest.raises(WorkbookTooLong):
        read_workbook(out.getvalue())


def test_formatted_but_empty_rows_to_the_bottom_do_not_count() -> None:
    """Whole columns get a border every day."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (HEADER, GOOD):
        sheet.append(row)
    sheet.cell(200_000, 3).font = Font(bold=True)

    assert read(saved(book)).count(Imports) == 1


def test_a_document_type_in_a_sheet_is_refused() -> None:
    """No spreadsheet program writes one; entity bombs need one."""
    good = xlsx([HEADER, GOOD])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = b'<!DOCTYPE worksheet [<!ENTITY a "aaaa">]>' + content[content.index(b"<worksheet") :]
            target.writestr(name, content)

    with pytest.raises(WorkbookUnreadable):
        read_workbook(out.getvalue())


# ── the faulty rows ───────────────────────────────────────────────────────────────────────────────────────────

MESSY: list[list[Cell]] = [
    ["示例县招聘岗位表"],
    [*HEADER, "备注"],
    [*GOOD, "=1+1"],
    [None, *BAD[1:], '=HYPERLINK("http://x")'],
    ["同上", "保安", MARCH_5, "4500元/月", None, "@急"],
    [],
    ["合计", None, 60],
]


def messy() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "春风行动"
    for row in MESSY:
        sheet.append(row)
    for number in (3, 4):
        sheet.cell(number, 6).data_type = "s"
    sheet["A2"].font = Font(bold=True)
    sheet.column_dimensions["A"].width = 33
    sheet.merge_cells("A1:F1")
    sheet.merge_cells("A3:A4")
    return saved(book)


def test_faulty_rows_come_back_under_their_titles_with_reasons() -> None:
    data = messy()

    sheet = opened(faulty_workbook(data, read(data)))

    assert sheet.title == "春风行动"
    assert [str(merge) for merge in sheet.merged_cells.ranges] == ["A1:F1"]
    assert [cell.value for cell in sheet[2]] == [*HEADER, "备注", "错误原因"]
    assert [cell.value for cell in sheet[3]][:3] == ["星河电子", "品检员", "见备注"]
    assert [cell.value for cell in sheet[4]][:3] == ["星河电子", "保安", "2025-03-05"]
    assert sheet["G3"].value == "招聘人数 C3：读不出数字，请写成 10 或 3-5"
    assert "招聘人数 C4：被表格软件变成了日期" in str(sheet["G4"].value) and "工作地点 E4" in str(sheet["G4"].value)
    assert sheet.max_row == 4


def test_the_copy_looks_like_the_original_and_marks_what_to_correct() -> None:
    data = messy()

    sheet = opened(faulty_workbook(data, read(data)))

    assert sheet["A2"].font.bold and sheet.column_dimensions["A"].width == 33
    assert sheet["C3"].number_format == "@" and sheet["C3"].fill.fgColor.rgb == "FFFDE8E8"
    assert sheet["B3"].fill.fgColor.rgb != "FFFDE8E8"


def test_nothing_in_the_copy_runs_as_a_formula() -> None:
    data = messy()

    sheet = opened(faulty_workbook(data, read(data)))

    assert sheet["F3"].value == '=HYPERLINK("http://x")' and sheet["F3"].data_type == "s"
    assert sheet["F3"].quotePrefix and sheet["F4"].quotePrefix
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize(
    "make", [messy, lambda: xls(MESSY_PLAIN), lambda: as_text(MESSY_PLAIN)], ids=["xlsx", "xls", "csv"]
)
def test_the_corrected_copy_imports_cleanly(make: Callable[[], bytes]) -> None:
    data = make()
    book = openpyxl.load_workbook(io.BytesIO(faulty_workbook(data, read(data))))
    sheet = book.worksheets[0]
    for row in range(3, sheet.max_row + 1):
        sheet.cell(row, 3).value = "3-5"
        sheet.cell(row, 5).value = "东莞长安"

    again = read(saved(book))

    assert (again.count(Imports), again.count(Faulty)) == (2, 0)


def test_an_uncorrected_copy_gives_the_same_faults_and_one_column_of_reasons() -> None:
    """A second round must not add a second column or lose a fault."""
    data = messy()
    once = faulty_workbook(data, read(data))

    twice = faulty_workbook(once, read(once))

    assert [[cell.value for cell in row] for row in opened(once)] == [
        [cell.value for cell in row] for row in opened(twice)
    ]


def test_without_faults_the_copy_is_empty_but_opens() -> None:
    data = xlsx([HEADER, GOOD])

    assert opened(faulty_workbook(data, read(data))).max_row == 1


RETURNED: list[Cell] = ["编号", "手机", "岗位", "联系结果", "备注"]


def test_rows_of_a_list_that_were_not_taken_come_back_with_what_is_wrong() -> None:
    """Under their own header, merges written out, the cells to blame marked; the copy reads as the list did."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "名单"
    for row in (
        ["示例企业名单"],
        RETURNED,
        ["0001", "13800000001", "1号 普工", "已联系"],
        ["0002", "1380000", None, "看情况吧", "=HYPERLINK(1)"],
        ["0999", "13800000003", None, "已联系"],
    ):
        sheet.append(row)
    sheet["E4"].data_type = "s"
    sheet.merge_cells("C3:C5")
    data = saved(book)
    faults = (("D4", "看不懂联系结果。"), ("B4", "手机号不对。"))
    wrong = [WrongPerson("名单", 4, faults), WrongPerson("名单", 5, ((None, "期间有变化。"),))]

    copy = faulty_list(data, people(data), wrong, "{cell}：")

    made = opened(copy)
    assert [[cell.value for cell in row] for row in made.iter_rows(min_row=2)] == [
        [*RETURNED, "错误原因"],
        ["0002", "1380000", "1号 普工", "看情况吧", "=HYPERLINK(1)", "D3：看不懂联系结果。\nB3：手机号不对。"],
        ["0999", "13800000003", "1号 普工", "已联系", None, "期间有变化。"],
    ]
    assert [made[cell].fill.fgColor.rgb for cell in ("B3", "D3")] == ["FFFDE8E8"] * 2
    assert made["A3"].fill.fgColor.rgb != "FFFDE8E8"
    assert all(cell.data_type != "f" for row in made.iter_rows() for cell in row)
    read_again = [row for row in people(copy).rows if isinstance(row, PersonRow)]
    assert [(row.number, row.job) for row in read_again] == [(2, "1号 普工"), (999, "1号 普工")]


def people(data: bytes) -> PeopleReading:
    return read_people(read_workbook(data), "outcomes", TODAY)


MESSY_PLAIN: list[list[Cell]] = [
    ["示例县招聘岗位表"],
    HEADER,
    GOOD,
    ["同上", *BAD[1:]],
    ["同上", "保安", "3月5日", "4500元/月", None],
]


def as_text(rows: Sequence[Sequence[Cell]]) -> bytes:
    return "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows).encode("gb18030")
