"""Files people take along: they open right in Chinese Excel, and no cell is a formula."""

import csv
import io
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from admin.api.applications import HAND_OVER_COLUMNS, hand_over_sheet
from admin.export_files import Encoder
from admin.files import Sheet, csv_file, file_name, xlsx_file
from stream_jobs.ports import HandOverLine
from stream_jobs.ports.exports import ExportFormat, ExportLine

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
FORMULAS = (
    '=HYPERLINK("http://example.invalid","点我")',
    "=1+1",
    "+8613800000001",
    "-1+1",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "＝1＋1",
    "＋1",
    "－1",
    "＠A1",
    "=cmd|' /C calc'!A0",
)


@pytest.mark.parametrize("typed", FORMULAS)
def test_no_csv_cell_is_read_as_a_formula(typed: str) -> None:
    """A job's title is typed by strangers; it stays text, and all of it stays."""
    content = csv_file(Sheet("cards", ["岗位"], [[typed]]))

    [[_], [cell]] = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert cell == "'" + typed


def test_csv_begins_with_a_byte_order_mark_and_ends_its_lines_with_crlf() -> None:
    """Without the mark Excel reads Chinese as another encoding."""
    content = csv_file(Sheet("cards", ["岗位", "报名"], [["注塑操作工，\n“夜班”", 13], [None, 0]]))

    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b",0\r\n")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows == [["岗位", "报名"], ["注塑操作工，\n“夜班”", "13"], ["", "0"]]


@pytest.mark.parametrize("typed", FORMULAS)
def test_no_xlsx_cell_is_a_formula_or_a_link(typed: str) -> None:
    """Names and titles are written as text, unchanged."""
    line = HandOverLine(number="0312", name=typed, phone="+8613800000001", job=typed, at=NOW)

    page = load_workbook(io.BytesIO(xlsx_file([hand_over_sheet([line])], NOW))).active

    assert page is not None
    cells = list(page[2])
    assert all(cell.data_type in ("s", "n") and cell.hyperlink is None for cell in cells)
    # The file keeps a carriage return as _x000D_ (ECMA-376 §22.9.2.19).
    assert str(cells[1].value).replace("_x000D_", "\r").strip() == typed.strip()


def test_hand_over_list_is_as_an_employer_fills_it_in() -> None:
    """编号 and 手机 keep their digits; two columns are left empty."""
    line = HandOverLine(number="0312", name=None, phone="+8613800000001", job="3号 注塑操作工", at=NOW)

    page = load_workbook(io.BytesIO(xlsx_file([hand_over_sheet([line])], NOW))).active

    assert page is not None
    rows = [[cell or None for cell in row] for row in page.iter_rows(values_only=True)]
    assert rows == [
        list(HAND_OVER_COLUMNS),
        ["0312", None, "13800000001", "3号 注塑操作工", "2026-11-21 14:00", None, None],
    ]


def test_file_name_keeps_words_and_loses_what_a_file_system_refuses() -> None:
    """示例/珠海?专场 cannot be a file's name."""
    assert file_name("示例/珠海?专场", "总表", ending=".csv") == "示例_珠海_专场·总表.csv"


async def test_an_exported_workbook_writes_no_temporary_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would hold names and numbers in clear, and outlive the export."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    for name in ("mkstemp", "mkdtemp", "TemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refused)
    line = ExportLine(
        "就业暖心季", NOW, "0001", "=1+1", "+8613800000001", "3号", "操作工", "示例", None, "applied", NOW, None
    )

    async def lines() -> AsyncIterator[list[ExportLine]]:
        yield [line] * 500

    pieces = [piece async for piece in Encoder(lambda: NOW)(ExportFormat.XLSX, "zh-CN", lines())]

    page = load_workbook(io.BytesIO(b"".join(pieces))).active
    assert page is not None and page.max_row == 501
